package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.DermException;
import io.derm.api.LesionClass;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Writes scenes as a data set: {@code images/SEED.png}, {@code labels/SEED.txt} (YOLO: one class, centre and size as shares
 * of the image), {@code crops/CLASS/SEED_ID.png}, {@code obj.names}, and at the end {@code annotations.json} (COCO).
 *
 * <p>The same options give the same bytes, whatever the number of threads. A file appears under its name only when it is whole.
 */
public final class PhantomDataset {
    private static final int CLIP_FRAMES = 900;

    /**
     * What to write.
     *
     * @param images how many scenes, at least 1
     * @param seed of the first scene; scene i has seed + i
     * @param width pixels, at least 64
     * @param height pixels, at least 64
     * @param framing how near the camera is
     * @param smallestCrop longer side in pixels from which on a lesion gets a crop
     * @param threads how many scenes to make at a time
     * @param moreThings things that are no lesions, beside the usual ones of a scene, 0 to 100
     * @param lesions false for skin without any
     * @param framesPerClip 0 for scenes; else the images are frames of {@link PhantomClip}s, so many of each, as far apart as can
     *     be in {@value #CLIP_FRAMES} frames: clip k has seed + k, and the framing is its own
     */
    public record Options(
            int images,
            long seed,
            int width,
            int height,
            Framing framing,
            int smallestCrop,
            int threads,
            int moreThings,
            boolean lesions,
            int framesPerClip) {
        public Options {
            if (moreThings < 0 || moreThings > 100 || framesPerClip < 0 || framesPerClip > CLIP_FRAMES) {
                throw new IllegalArgumentException("Data set of scenes with " + moreThings + " more things, "
                        + framesPerClip + " frames a clip, expected 0 to 100 and 0 to " + CLIP_FRAMES);
            }
            if (images < 1 || width < 64 || height < 64 || smallestCrop < 8 || threads < 1) {
                throw new IllegalArgumentException("Data set of " + images + " images of " + width + "x" + height
                        + ", crops from " + smallestCrop + ", " + threads
                        + " threads, expected at least 1 image of 64x64, crops from 8, 1 thread");
            }
        }

        /** Scenes with the usual things and lesions. */
        public Options(int images, long seed, int width, int height, Framing framing, int smallestCrop, int threads) {
            this(images, seed, width, height, framing, smallestCrop, threads, 0, true, 0);
        }

        public Options withMoreThings(int n) {
            return new Options(images, seed, width, height, framing, smallestCrop, threads, n, lesions, framesPerClip);
        }

        public Options withLesions(boolean some) {
            return new Options(
                    images, seed, width, height, framing, smallestCrop, threads, moreThings, some, framesPerClip);
        }

        public Options withFramesPerClip(int n) {
            return new Options(images, seed, width, height, framing, smallestCrop, threads, moreThings, lesions, n);
        }

        /** 416x416, any framing, crops from 32 pixels, a thread a core. */
        public static Options of(int images, long seed) {
            return new Options(
                    images,
                    seed,
                    416,
                    416,
                    Framing.MIXED,
                    32,
                    Runtime.getRuntime().availableProcessors());
        }
    }

    /** Hears how far the writing is, on the calling thread. */
    @FunctionalInterface
    public interface Progress {
        void written(int done, int total);
    }

    /**
     * What was written.
     *
     * @param images number of scenes
     * @param lesions number of lesions by class
     * @param crops number of lesion crops by class
     * @param distractorCrops number of crops of things that are no lesions
     */
    public record Summary(
            int images, Map<LesionClass, Integer> lesions, Map<LesionClass, Integer> crops, int distractorCrops) {
        public Summary {
            lesions = Map.copyOf(lesions);
            crops = Map.copyOf(crops);
        }
    }

    private final Path root;
    private final Options options;

    private PhantomDataset(Path root, Options options) {
        this.root = root;
        this.options = options;
    }

    /**
     * Makes the scenes and writes them.
     *
     * @param directory an empty or missing directory
     * @throws DermException if the directory is not empty or cannot be written
     */
    public static Summary write(Path directory, Options options, Progress progress) {
        return new PhantomDataset(directory, options).write(progress);
    }

    private Summary write(Progress progress) {
        prepare();
        ExecutorService pool = Executors.newFixedThreadPool(options.threads(), task -> {
            Thread thread = new Thread(task, "derm-phantom");
            thread.setDaemon(true);
            return thread;
        });
        ThreadLocal<SceneRenderer> renderers =
                ThreadLocal.withInitial(() -> new SceneRenderer(options.width(), options.height()));
        CocoJson json = new CocoJson(options);
        Map<LesionClass, Integer> lesions = new EnumMap<>(LesionClass.class);
        Map<LesionClass, Integer> crops = new EnumMap<>(LesionClass.class);
        int distractors = 0;
        try {
            ArrayDeque<Future<List<PhantomScene>>> pending = new ArrayDeque<>();
            int step = Math.max(1, options.framesPerClip());
            int asked = 0;
            for (int done = 0; done < options.images(); ) {
                while (asked < options.images() && pending.size() < 4 * options.threads()) {
                    int first = asked;
                    asked = Math.min(options.images(), asked + step);
                    int count = asked - first;
                    pending.add(pool.submit(() -> options.framesPerClip() > 0
                            ? film(first, count)
                            : List.of(stage(renderers.get(), options.seed() + first))));
                }
                for (PhantomScene scene : take(pending)) {
                    json.add(scene);
                    for (LesionTruth truth : scene.lesions()) {
                        lesions.merge(truth.lesionClass(), 1, Integer::sum);
                        if (hasCrop(truth.box())) {
                            crops.merge(truth.lesionClass(), 1, Integer::sum);
                        }
                    }
                    distractors += scene.distractors().size();
                    progress.written(++done, options.images());
                }
            }
            put(root.resolve("annotations.json"), json.finish().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw failed(e);
        } finally {
            stop(pool);
        }
        return new Summary(options.images(), lesions, crops, distractors);
    }

    /** Waits for the writers, so that none leaves a part of a file behind. */
    private static void stop(ExecutorService pool) {
        pool.shutdownNow();
        try {
            if (!pool.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("Scene writers did not end within 10 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void prepare() {
        try {
            Files.createDirectories(root);
            try (Stream<Path> entries = Files.list(root)) {
                if (entries.findAny().isPresent()) {
                    throw new DermException(
                            601,
                            "Output directory " + root + " is not empty, expected an empty or missing one",
                            "name another directory, or empty this one");
                }
            }
            for (String name : new String[] {
                "images", "labels", "crops/benign", "crops/unknown", "crops/melanoma", "crops/distractor"
            }) {
                Files.createDirectories(root.resolve(name));
            }
            put(root.resolve("obj.names"), "lesion\n".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private DermException failed(IOException e) {
        String reason = e instanceof FileSystemException f && f.getReason() != null
                ? f.getReason()
                : e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
        return new DermException(
                602,
                "Cannot write the data set to " + root + " (" + reason + "), expected a writable directory with room",
                "name another directory, or free space",
                e);
    }

    private static List<PhantomScene> take(ArrayDeque<Future<List<PhantomScene>>> pending) throws IOException {
        try {
            return pending.remove().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            if (e.getCause() instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private PhantomScene stage(SceneRenderer renderer, long seed) throws IOException {
        SceneRenderer.Studio studio =
                new SceneRenderer.Studio(-1, false, false, options.moreThings(), !options.lesions());
        return put(renderer.render(seed, options.framing(), studio));
    }

    /** Images {@code first} and on: frames of one clip, evenly apart. */
    private List<PhantomScene> film(int first, int count) throws IOException {
        PhantomClip.Options clip = new PhantomClip.Options(
                        options.width(),
                        options.height(),
                        30,
                        CLIP_FRAMES,
                        options.seed() + first / options.framesPerClip())
                .withMostLesions(options.lesions() ? PhantomClip.MOST_LESIONS : 0)
                .withMoreThings(options.moreThings());
        List<PhantomScene> out = new ArrayList<>();
        try (PhantomClip source = new PhantomClip(clip)) {
            for (int k = 0; k < count; k++) {
                int frame = (2 * k + 1) * CLIP_FRAMES / (2 * options.framesPerClip());
                out.add(put(new PhantomScene(
                        options.seed() + first + k,
                        options.width(),
                        options.height(),
                        source.picture(frame).clone(),
                        Framing.MIDDLE,
                        source.tone(),
                        source.ita(),
                        source.truth(frame),
                        List.of())));
            }
        }
        return out;
    }

    private PhantomScene put(PhantomScene scene) throws IOException {
        BufferedImage image = scene.image();
        String name = name(scene.seed());
        png(root.resolve("images/" + name + ".png"), image);
        StringBuilder labels = new StringBuilder();
        for (LesionTruth truth : scene.lesions()) {
            Box box = truth.box();
            labels.append(String.format(
                    Locale.ROOT,
                    "0 %.6f %.6f %.6f %.6f\n",
                    box.centerX() / scene.width(),
                    box.centerY() / scene.height(),
                    box.width() / scene.width(),
                    box.height() / scene.height()));
            if (hasCrop(box)) {
                String kind = truth.lesionClass().name().toLowerCase(Locale.ROOT);
                png(root.resolve("crops/" + kind + "/" + name + "_" + truth.id() + ".png"), crop(image, box));
            }
        }
        int index = 0;
        for (Box box : scene.distractors()) {
            png(root.resolve("crops/distractor/" + name + "_" + index++ + ".png"), crop(image, box));
        }
        put(root.resolve("labels/" + name + ".txt"), labels.toString().getBytes(StandardCharsets.UTF_8));
        return scene;
    }

    static String name(long seed) {
        return String.format(Locale.ROOT, "%07d", seed);
    }

    private boolean hasCrop(Box box) {
        return Math.max(box.width(), box.height()) >= options.smallestCrop();
    }

    /** A square of 1.25 times the longer side, shifted back into the image where it would leave it. */
    private static BufferedImage crop(BufferedImage image, Box box) {
        int side = Math.round(1.25f * Math.max(box.width(), box.height()));
        side = Math.max(1, Math.min(side, Math.min(image.getWidth(), image.getHeight())));
        int x = Math.round(box.centerX() - side / 2f);
        int y = Math.round(box.centerY() - side / 2f);
        x = Math.max(0, Math.min(image.getWidth() - side, x));
        y = Math.max(0, Math.min(image.getHeight() - side, y));
        return image.getSubimage(x, y, side, side);
    }

    private static void png(Path file, BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
        ImageIO.write(image, "png", bytes);
        put(file, bytes.toByteArray());
    }

    private static void put(Path file, byte[] bytes) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.write(part, bytes);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(part);
            throw e;
        }
    }
}
