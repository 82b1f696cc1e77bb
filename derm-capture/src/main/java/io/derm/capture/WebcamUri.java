package io.derm.capture;

import io.derm.api.CaptureException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code webcam:DEVICE?size=WxH&rate=N&format=F} asks for. Immutable.
 *
 * @param device a number, a path or the name that the system has for it
 * @param size width, {@code x}, height in pixels; empty where any will do
 * @param rate frames a second; empty where any will do
 * @param format {@code mjpeg}, {@code h264} or a pixel format by FFmpeg's name, e.g. {@code yuyv422}; empty where any will do
 */
record WebcamUri(String device, String size, String rate, String format) {
    static final String FORM = "webcam:N[?size=WxH&rate=N&format=mjpeg|yuyv422|nv12|...]";

    private static final String REMEDY = "write it as " + FORM;
    private static final Pattern URI = Pattern.compile("(?i:webcam):([^?]*)(?:\\?(.*))?");
    // Raw HD takes more than USB 2 carries at a full rate.
    private static final Map<String, String> USUAL = Map.of("size", "1280x720", "rate", "30", "format", "mjpeg");

    /** @throws CaptureException if the URI is none of a webcam */
    static WebcamUri parse(String uri) {
        Matcher parts = URI.matcher(uri);
        if (!parts.matches() || parts.group(1).isEmpty()) {
            throw UriOptions.refused(uri + " names no webcam", REMEDY);
        }
        Map<String, String> options = UriOptions.parse(
                uri, parts.group(2) == null ? "" : parts.group(2), List.of("size", "rate", "format"), REMEDY);
        String size = options.getOrDefault("size", "");
        String rate = options.getOrDefault("rate", "");
        String format = options.getOrDefault("format", "").toLowerCase(Locale.ROOT);
        require(uri, size, "[1-9][0-9]{1,4}x[1-9][0-9]{1,4}", "size");
        require(uri, rate, "[1-9][0-9]{0,2}(\\.[0-9]{1,3})?", "rate");
        require(uri, format, "[a-z0-9_]{2,16}", "format");
        return new WebcamUri(parts.group(1), size, rate, format);
    }

    private static void require(String uri, String value, String pattern, String name) {
        if (!value.isEmpty() && !value.matches(pattern)) {
            throw UriOptions.refused(uri + " has a " + name + " that cannot be", REMEDY);
        }
    }

    /**
     * Settings for FFmpeg's input, to be tried in turn: what is asked for with what is usual beside it, then with less and less of it. A
     * driver that has not just that size or rate takes its nearest.
     */
    List<Map<String, String>> attempts(WebcamSystem system) {
        Map<String, String> wish = new LinkedHashMap<>();
        wish.put("size", size.isEmpty() ? USUAL.get("size") : size);
        wish.put("rate", rate.isEmpty() ? USUAL.get("rate") : rate);
        wish.put("format", format.isEmpty() ? USUAL.get("format") : format);
        List<Map<String, String>> attempts = new ArrayList<>();
        attempts.add(system.settings(wish));
        for (String less : format.isEmpty() ? List.of("format", "rate", "size") : List.of("rate", "size", "format")) {
            wish.remove(less);
            attempts.add(system.settings(wish));
        }
        return attempts;
    }

    /**
     * Whether what came is what was asked for, as far as something was.
     *
     * @param coding as {@link #format} would have it
     */
    boolean meets(int width, int height, double framesPerSecond, String coding) {
        return (size.isEmpty() || size.equals(width + "x" + height))
                && (format.isEmpty() || format.equals(coding))
                && (rate.isEmpty()
                        || framesPerSecond == 0
                        || Math.abs(Double.parseDouble(rate) - framesPerSecond) < 0.5);
    }
}
