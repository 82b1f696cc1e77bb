package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avutil.AVERROR_HTTP_FORBIDDEN;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_HTTP_NOT_FOUND;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_HTTP_UNAUTHORIZED;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_PROTOCOL_NOT_FOUND;

import io.derm.api.CaptureException;

/** What FFmpeg's error codes mean where a stream is opened. */
final class StreamErrors {
    private StreamErrors() {}

    /** @param name the stream, without credentials */
    static CaptureException notOpened(String name, int error) {
        String says = ": " + Ffmpeg.text(error);
        if (error == AVERROR_HTTP_UNAUTHORIZED() || error == AVERROR_HTTP_FORBIDDEN()) {
            return new CaptureException(
                    230,
                    name + " refuses the user name or the password" + says,
                    "check both; in a URL, write a special character in them as %XX");
        }
        if (error == AVERROR_HTTP_NOT_FOUND()) {
            return new CaptureException(
                    231,
                    name + " is not on its server" + says,
                    "check the path in the URL against the camera's manual");
        }
        if (error == AVERROR_PROTOCOL_NOT_FOUND()) {
            return new CaptureException(
                    232,
                    name + " has a protocol that this FFmpeg does not speak",
                    "check the URL; known are " + String.join(", ", Ffmpeg.networkProtocols()));
        }
        return new CaptureException(
                213, name + " cannot be opened" + says, "check the address, the user name and the network");
    }

    /** Whether trying again may help: the network or the camera is away, as against a wrong URL or a missing library. */
    static boolean transientFailure(CaptureException e) {
        return e.id().equals("DERM-213") || e.id().equals("DERM-216");
    }

    /** Whether the server knows the client and will not have it. */
    static boolean refused(CaptureException e) {
        return e.id().equals("DERM-230");
    }
}
