package io.derm.capture;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A stream's URL with derm's own options after a {@code #}, which no server is ever sent. Immutable.
 *
 * @param url what FFmpeg opens
 * @param name what people are shown: without credentials
 * @param transport {@code tcp}, {@code udp}, {@code udp_multicast} or {@code http}, for RTSP
 * @param hardware as {@link CaptureOptions#hardware()}; empty where the URL does not say
 */
record StreamUrl(String url, String name, String transport, String hardware) {
    static final String FORM = "rtsp://, rtmp://, srt://, udp://, http://, https://...[#transport=udp&hwaccel=NAME]";

    private static final List<String> TRANSPORTS = List.of("tcp", "udp", "udp_multicast", "http");
    private static final String REMEDY =
            "write it as rtsp://USER:PASSWORD@HOST/PATH#transport=udp, and a # in a password as %23";

    /** @throws io.derm.api.CaptureException if there is an option that is not known */
    static StreamUrl parse(String source) {
        int hash = source.indexOf('#');
        String url = hash < 0 ? source : source.substring(0, hash);
        String name = hash < 0 ? Sources.redact(source) : scheme(source) + "...";
        Map<String, String> options = UriOptions.parse(
                name, hash < 0 ? "" : source.substring(hash + 1), List.of("transport", "hwaccel"), REMEDY);
        String transport = options.getOrDefault("transport", "tcp");
        if (!TRANSPORTS.contains(transport)) {
            throw UriOptions.refused(
                    name + " asks for a transport that is none of " + String.join(", ", TRANSPORTS), REMEDY);
        }
        return new StreamUrl(url, Sources.redact(url), transport, options.getOrDefault("hwaccel", ""));
    }

    private static String scheme(String source) {
        return source.substring(0, source.indexOf("://") + 3);
    }

    /**
     * FFmpeg's options for a live picture: little is looked at before the first one is shown, and packets of UDP that arrive out of order
     * are waited for no longer than a tenth of a second.
     */
    Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        if (url.toLowerCase(Locale.ROOT).startsWith("rtsp")) {
            settings.put("rtsp_transport", transport);
            settings.put("max_delay", "100000");
        }
        settings.put("analyzeduration", "1000000");
        settings.put("fpsprobesize", "5");
        return settings;
    }
}
