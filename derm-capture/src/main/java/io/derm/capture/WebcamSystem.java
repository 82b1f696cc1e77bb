package io.derm.capture;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** How an operating system gives out its webcams, by FFmpeg's input device for it. */
enum WebcamSystem {
    LINUX("v4l2"),
    WINDOWS("dshow"),
    MAC("avfoundation");

    private static final Set<String> CODED = Set.of("mjpeg", "h264");

    final String input;

    WebcamSystem(String input) {
        this.input = input;
    }

    static WebcamSystem of(String osName) {
        String name = osName.toLowerCase(Locale.ROOT);
        return name.startsWith("windows") ? WINDOWS : name.startsWith("mac") ? MAC : LINUX;
    }

    /** What FFmpeg is to open for a device named by number, path or name. */
    String address(String device) {
        return switch (this) {
            case LINUX -> device.matches("[0-9]+") ? "/dev/video" + device : device;
            case WINDOWS -> "video=" + device;
            case MAC -> device + ":none";
        };
    }

    /** The options of FFmpeg's input for {@code size}, {@code rate} and {@code format}, as far as they are there. */
    Map<String, String> settings(Map<String, String> wish) {
        Map<String, String> settings = new LinkedHashMap<>();
        wish.forEach((name, value) -> {
            switch (name) {
                case "size" -> settings.put("video_size", value);
                case "rate" -> settings.put("framerate", value);
                default -> {
                    String option =
                            switch (this) {
                                case LINUX -> "input_format";
                                case WINDOWS -> CODED.contains(value) ? "vcodec" : "pixel_format";
                                case MAC -> CODED.contains(value) ? "" : "pixel_format";
                            };
                    if (!option.isEmpty()) {
                        settings.put(option, value);
                    }
                }
            }
        });
        return settings;
    }
}
