package com.example.device;

import io.derm.api.Availability;
import io.derm.api.CaptureException;
import io.derm.api.FrameSource;
import io.derm.api.SourceKind;
import io.derm.api.SourceProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Opens {@code y4m:FILE}, a file or a named pipe, and {@code y4m:-}, standard input. Immutable. */
public final class Y4mSourceProvider implements SourceProvider {
    @Override
    public String scheme() {
        return "y4m";
    }

    @Override
    public SourceKind kind() {
        return new SourceKind("raw video", "y4m:FILE|-", Availability.yes("YUV4MPEG2 of files and pipes"), List.of());
    }

    @Override
    public FrameSource open(String uri) {
        String file = uri.substring(uri.indexOf(':') + 1);
        try {
            return new Y4mSource(uri, file.equals("-") ? System.in : Files.newInputStream(Path.of(file)));
        } catch (IOException e) {
            throw new CaptureException(
                    912, "Source " + uri + " cannot be opened: " + e, "Give a YUV4MPEG2 file, a pipe or -.", e);
        }
    }
}
