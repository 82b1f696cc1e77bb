package io.derm.samples;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A scale of a {@link Plot} with ticks at round numbers. Immutable.
 *
 * @param label what it shows and its unit
 */
record Axis(double min, double max, boolean logarithmic, List<Double> ticks, String label) {
    Axis {
        ticks = List.copyOf(ticks);
    }

    /** From {@code min} to {@code max}, as given. */
    static Axis linear(double min, double max, String label) {
        double to = max > min ? max : min + 1;
        double step = step((to - min) / 6);
        List<Double> ticks = new ArrayList<>();
        for (long i = (long) Math.ceil(min / step - 1e-9); i * step <= to + step * 1e-9; i++) {
            ticks.add(i * step);
        }
        return new Axis(min, to, false, ticks, label);
    }

    /** From 0 to the next tick above {@code max}. */
    static Axis upTo(double max, String label) {
        double to = max > 0 ? max : 1;
        double step = step(to / 6);
        return linear(0, Math.ceil(to / step - 1e-9) * step, label);
    }

    /** From the round number (1, 2 or 5 times a power of ten) below {@code min} to the one above {@code max}, both over 0. */
    static Axis logarithmic(double min, double max, String label) {
        List<Double> ticks = new ArrayList<>();
        double from = below(min);
        for (double tick = from; ; tick = step(tick * 1.1)) {
            ticks.add(tick);
            if (tick >= max && tick > from) {
                return new Axis(from, tick, true, ticks, label);
            }
        }
    }

    /** The smallest round number that is not under {@code least}. */
    private static double step(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * power >= least * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private static double below(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(most)));
        return most >= 5 * power ? 5 * power : most >= 2 * power ? 2 * power : power;
    }

    /** Where a value lies, from 0 at {@code min} to 1 at {@code max}; what is outside lies at the nearer end. */
    double at(double value) {
        double part =
                logarithmic ? Math.log(Math.max(value, min) / min) / Math.log(max / min) : (value - min) / (max - min);
        return Math.max(0, Math.min(1, part));
    }

    /** A tick as a person reads it. */
    String text(double tick) {
        double smallest = Math.abs(logarithmic ? tick : ticks.size() > 1 ? ticks.get(1) - ticks.get(0) : 1);
        int decimals = smallest == 0 ? 0 : (int) Math.max(0, Math.ceil(-Math.log10(smallest) - 1e-9));
        return String.format(Locale.ROOT, "%." + decimals + "f", tick);
    }
}
