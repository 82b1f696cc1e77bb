package io.derm.phantom;

import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.List;

/** One lesion as it will be painted: where, how large, its outline, its colours. Immutable once made. */
final class Lesion {
    /** Look-alikes within the three classes. */
    enum Look {
        NEVUS,
        KERATOSIS,
        FIBROMA,
        ANGIOMA,
        DERMAL,
        ATYPICAL,
        MELANOMA
    }

    /** A patch of a further colour: where in units of the radius, how far it reaches, how strong. */
    record Patch(Lab colour, float x, float y, float reach, float strength, boolean ragged) {}

    final int id;
    final LesionClass lesionClass;
    final Look look;
    final float x;
    final float y;
    final float radius;
    final Outline outline;
    final float softness;
    final float ragged;
    final Lab base;
    final Lab rim;
    final float rimWidth;
    final List<Patch> patches = new ArrayList<>();
    final float network;
    final float networkScale;
    final float mottle;
    final float mottleScale;
    final float raised;
    final float rough;
    final float shine;
    final float milia;
    final float patchy;
    final float halo;
    final float noiseX;
    final float noiseY;
    final int colours;

    Lesion(int id, LesionClass lesionClass, float x, float y, float radius, Lab skin, float darkness, Rng rng) {
        this.id = id;
        this.lesionClass = lesionClass;
        this.x = x;
        this.y = y;
        this.radius = radius;
        noiseX = rng.in(0, 200);
        noiseY = rng.in(0, 200);
        float wild =
                switch (lesionClass) {
                    case BENIGN -> rng.in(0, 0.2);
                    case UNKNOWN -> rng.in(0.3, 0.58);
                    case MELANOMA -> rng.in(0.72, 1);
                };
        look = switch (lesionClass) {
            case BENIGN -> benignLook(rng);
            case UNKNOWN -> Look.ATYPICAL;
            case MELANOMA -> Look.MELANOMA;
        };
        float aspect = 1 + Math.abs(rng.normal()) * 0.22f;
        aspect = Math.min(aspect, 1.7f);
        outline = new Outline(rng, look == Look.KERATOSIS ? wild + 0.12f : wild, aspect);
        boolean fuzzy = rng.chance(look == Look.NEVUS || look == Look.ATYPICAL ? 0.5 : 0.25);
        softness = Math.max(fuzzy ? rng.in(0.12, 0.34) : rng.in(0.04, 0.13), rng.in(0.8, 2.2) / radius);
        ragged = 0.02f + 0.17f * wild * wild;
        Palette palette = new Palette(skin, darkness, rng);
        float sizeNeed = radius < 6 ? 11 : radius < 12 ? 8.5f : 7;
        networkScale = rng.in(7, 13);
        switch (look) {
            case NEVUS -> {
                Lab main = palette.darkBrown().mix(palette.lightBrown(), rng.in(0, 1));
                if (rng.chance(0.06)) {
                    main = palette.black();
                }
                base = palette.visible(main, sizeNeed);
                boolean two = rng.chance(0.6);
                // Concentric only: the second colour keeps the symmetry of the first.
                rim = two ? palette.visible(base.mix(palette.lightBrown(), rng.in(0.4, 1)), sizeNeed * 0.8f) : base;
                rimWidth = rng.in(0.25, 0.75);
                network = rng.chance(0.45) ? rng.in(1.5, 6) : 0;
                mottle = rng.in(0.5, 2.4);
                raised = rng.chance(0.35) ? rng.in(0.1, 0.5) : 0;
                rough = rng.in(0, 0.06);
                shine = rng.chance(0.2) ? rng.in(0.03, 0.15) : 0;
                milia = 0;
                colours = two ? 2 : 1;
            }
            case KERATOSIS -> {
                base = palette.visible(
                        rng.chance(0.6) ? palette.greyBrown() : rng.chance(0.4) ? palette.black() : palette.darkBrown(),
                        sizeNeed);
                rim = base.plus(-3, 1, 1);
                rimWidth = 0.2f;
                network = 0;
                mottle = rng.in(2, 4.5);
                raised = rng.in(0.25, 0.7);
                rough = rng.in(0.12, 0.32);
                shine = rng.chance(0.5) ? rng.in(0.02, 0.1) : 0;
                milia = rng.in(0.5, 1);
                colours = 2;
            }
            case FIBROMA -> {
                base = palette.visible(palette.pinkBrown(), sizeNeed);
                rim = palette.visible(palette.lightBrown().mix(palette.pinkBrown(), 0.4f), sizeNeed);
                rimWidth = rng.in(0.4, 0.7);
                network = rng.chance(0.3) ? 2 : 0;
                mottle = rng.in(0.5, 1.5);
                raised = rng.in(0, 0.3);
                rough = 0.03f;
                shine = 0;
                milia = 0;
                colours = 2;
                patches.add(new Patch(base.mix(skin.plus(5, -1, -2), 0.6f), 0, 0, rng.in(0.35, 0.55), 0.8f, false));
            }
            case ANGIOMA -> {
                base = palette.visible(rng.chance(0.7) ? palette.red() : palette.purple(), sizeNeed);
                rim = base.plus(4, 2, 2);
                rimWidth = 0.3f;
                network = 0;
                mottle = rng.in(1, 3.5);
                raised = rng.in(0.2, 0.7);
                rough = 0.02f;
                shine = rng.in(0.05, 0.3);
                milia = 0;
                colours = 1;
            }
            case DERMAL -> {
                base = palette.visible(palette.pinkBrown().mix(skin, rng.in(0.1, 0.5)), sizeNeed);
                rim = palette.visible(base.plus(-2, 2, 2), sizeNeed);
                rimWidth = 0.3f;
                network = 0;
                mottle = rng.in(0.5, 2);
                raised = rng.in(0.6, 1.1);
                rough = rng.in(0.02, 0.1);
                shine = rng.in(0.02, 0.15);
                milia = 0;
                colours = 1;
            }
            case ATYPICAL -> {
                Lab main = rng.chance(0.55)
                        ? palette.darkBrown()
                        : rng.chance(0.25) ? palette.pinkBrown() : palette.lightBrown();
                base = palette.visible(main, sizeNeed);
                rim = palette.visible(base.mix(palette.lightBrown(), rng.in(0.3, 1)), sizeNeed * 0.8f);
                rimWidth = rng.in(0.3, 0.8);
                network = rng.chance(0.5) ? rng.in(2, 7) : 0;
                mottle = rng.in(2, 4.5);
                raised = rng.chance(0.3) ? rng.in(0.1, 0.4) : 0;
                rough = rng.in(0, 0.08);
                shine = rng.chance(0.15) ? 0.08f : 0;
                milia = 0;
                patches.add(patch(rng, palette.visible(palette.darker(base), sizeNeed), 0.28, 0.4, 0.6));
                if (rng.chance(0.35)) {
                    patches.add(patch(
                            rng,
                            palette.visible(rng.chance(0.5) ? palette.pinkBrown() : palette.greyBrown(), sizeNeed),
                            0.25,
                            0.4,
                            0.5));
                }
                colours = 1 + patches.size() + (rng.chance(0.3) ? 1 : 0);
            }
            default -> {
                Lab main = rng.chance(0.6)
                        ? palette.darkBrown()
                        : rng.chance(0.5) ? palette.lightBrown() : palette.pinkBrown();
                base = palette.visible(main, sizeNeed);
                rim = palette.visible(
                        rng.chance(0.7) ? base.mix(palette.lightBrown(), rng.in(0.3, 1)) : base, sizeNeed);
                rimWidth = rng.in(0.2, 0.6);
                network = rng.chance(0.5) ? rng.in(4, 11) : 0;
                mottle = rng.in(3, 7);
                raised = rng.chance(0.4) ? rng.in(0.1, 0.6) : 0;
                rough = rng.in(0.03, 0.25);
                shine = rng.chance(0.35) ? rng.in(0.03, 0.14) : 0;
                milia = 0;
                int extra = rng.between(2, 4);
                Lab[] choice = {
                    palette.black(),
                    palette.blueGrey(),
                    palette.red(),
                    palette.white(),
                    palette.lightBrown(),
                    palette.blueGrey()
                };
                int start = rng.below(6);
                patches.add(patch(rng, palette.visible(palette.darker(base), sizeNeed), 0.4, 0.7, 0.9));
                for (int k = 1; k < extra; k++) {
                    // 5 is prime to 6: no colour twice but blue-grey.
                    Lab next = choice[(start + 5 * k) % 6];
                    patches.add(patch(rng, next, 0.3, 0.6, next.l() > base.l() + 20 ? 0.6 : 0.8));
                }
                colours = 1 + extra;
            }
        }
        mottleScale = rng.in(1.6, 4.5);
        boolean flat = raised == 0 && look != Look.FIBROMA;
        patchy = flat && rng.chance(0.45) ? rng.in(0.1, lesionClass == LesionClass.BENIGN ? 0.35 : 0.6) : 0;
        halo = (raised > 0.2f && rng.chance(0.3)) || rng.chance(0.07) ? rng.in(1, 4) : 0;
    }

    private static Look benignLook(Rng rng) {
        float u = rng.unit();
        return u < 0.7f
                ? Look.NEVUS
                : u < 0.8f ? Look.KERATOSIS : u < 0.85f ? Look.FIBROMA : u < 0.92f ? Look.ANGIOMA : Look.DERMAL;
    }

    private static Patch patch(Rng rng, Lab colour, double low, double high, double strength) {
        float turn = rng.angle();
        float away = rng.in(0.25, 0.72);
        return new Patch(
                colour,
                away * (float) StrictMath.cos(turn),
                away * (float) StrictMath.sin(turn),
                rng.in(low, high),
                rng.in(strength * 0.8, Math.min(1, strength * 1.2)),
                rng.chance(0.6));
    }

    float reach() {
        return radius * (outline.longest + ragged + softness) * 1.12f + 2;
    }

    /** The colours of the ABCD rule on a given skin. */
    private record Palette(Lab skin, float darkness, Rng rng) {
        Lab lightBrown() {
            float drop = rng.in(8, 20) * (0.7f + 0.5f * darkness);
            return on(skin.l() - drop, skin.a() + rng.in(1, 8), skin.b() + rng.in(1, 14) * Math.min(1, skin.l() / 55));
        }

        Lab darkBrown() {
            float l = (rng.in(19, 36) - 6 * (darkness - 0.5f)) * (skin.l() > 48 ? 1 : skin.l() / 56);
            return on(l, rng.in(8, 18), rng.in(8, 25) * Math.min(1, skin.l() / 50));
        }

        Lab greyBrown() {
            float drop = rng.in(10, 30) * Math.min(1, skin.l() / 60);
            return on(skin.l() - drop, skin.a() * rng.in(0.4, 0.9), skin.b() * rng.in(0.5, 1));
        }

        Lab pinkBrown() {
            return on(skin.l() - rng.in(6, 17), skin.a() + rng.in(5, 13), skin.b() + rng.in(-3, 4));
        }

        Lab black() {
            return on(rng.in(6, 15), rng.in(0, 6), rng.in(-1, 6));
        }

        Lab red() {
            return on(Math.min(skin.l() - 6, rng.in(30, 48)), rng.in(20, 33), rng.in(9, 20));
        }

        Lab purple() {
            return on(Math.min(skin.l() - 8, rng.in(18, 34)), rng.in(16, 28), rng.in(-4, 6));
        }

        Lab white() {
            return on(Math.min(88, skin.l() + rng.in(3, 10)), skin.a() * 0.6f, skin.b() * 0.4f);
        }

        Lab blueGrey() {
            return on(Math.min(skin.l() - 8, rng.in(22, 42)), rng.in(-2, 4), rng.in(-9, -2));
        }

        Lab darker(Lab from) {
            return on(from.l() * rng.in(0.35, 0.72), from.a() * 0.75f, from.b() * 0.65f);
        }

        private Lab on(float l, float a, float b) {
            return new Lab(Math.max(5, l), a, b);
        }

        /** Moves a colour away from the skin's until an eye can tell them apart. */
        Lab visible(Lab colour, float need) {
            Lab c = colour;
            for (int k = 0; k < 12 && c.distance(skin) < need; k++) {
                c = c.plus(c.l() > 14 ? -3 : 0, 0.6, 0.3);
            }
            return c;
        }
    }
}
