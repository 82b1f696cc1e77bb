package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StillsTest {
    @TempDir
    Path folder;

    /** Prints a checksum of an image's pixels: run in a process without FFmpeg's libraries as well. */
    public static final class Reader {
        public static void main(String[] arguments) throws Exception {
            try (Frame frame = Stills.read(arguments[0])) {
                long sum = 0;
                for (int y = 0; y < frame.height(); y++) {
                    for (int x = 0; x < 3 * frame.width(); x++) {
                        sum = 31 * sum + frame.pixels().get(y * frame.stride() + x);
                    }
                }
                System.out.println(frame.width() + "x" + frame.height() + " " + sum);
            }
        }
    }

    @Test
    void read_pngWithoutFfmpeg_isThePictureThatFfmpegReads() throws Exception {
        assertThat(Cli.run("phantom", "--images", "1", "--seed", "5", "--out", folder.toString())
                        .code())
                .isZero();
        Path png;
        try (var files = Files.walk(folder)) {
            png = files.filter(f -> f.toString().endsWith(".png")).findFirst().orElseThrow();
        }
        String all = System.getProperty("java.class.path");
        String without = Arrays.stream(all.split(File.pathSeparator))
                .filter(jar -> !Path.of(jar).getFileName().toString().matches("ffmpeg-.*-(linux|macosx|windows).*"))
                .collect(Collectors.joining(File.pathSeparator));
        assertThat(without).isNotEqualTo(all);
        String byFfmpeg = read(all, png);
        assertThat(byFfmpeg).matches("\\d+x\\d+ -?\\d+\\s+");
        assertThat(read(without, png)).isEqualTo(byFfmpeg);
    }

    private String read(String classPath, Path png) throws Exception {
        Path out = Files.createTempFile(folder, "out", ".txt");
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"),
                        "-cp",
                        classPath,
                        Reader.class.getName(),
                        png.toString()))
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return Files.readString(out);
    }
}
