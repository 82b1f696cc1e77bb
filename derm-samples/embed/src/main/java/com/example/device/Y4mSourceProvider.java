package com.example.device;

import io.derm.api.Availability;
import io.derm.api.CaptureException;
import io.derm.api.FrameSource;
import io.derm.api.SourceKind;
import io.derm.api.SourceProvider;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
            return new Y4mSource(uri, new ChannelStream(channel(file)));
        } catch (IOException e) {
            throw new CaptureException(
                    912, "Source " + uri + " cannot be opened: " + e, "Give a YUV4MPEG2 file, a pipe or -.", e);
        }
    }

    /**
     * A channel, since a read of one ends when its thread is interrupted or another closes it. An interrupt reaches neither
     * {@link System#in} nor {@link Files#newInputStream}.
     */
    private static FileChannel channel(String file) throws IOException {
        return file.equals("-")
                ? new FileInputStream(FileDescriptor.in).getChannel()
                : FileChannel.open(Path.of(file), StandardOpenOption.READ);
    }

    private static final class ChannelStream extends FilterInputStream {
        ChannelStream(FileChannel channel) {
            super(Channels.newInputStream(channel));
        }

        /** A buffer asks after every short read, and the channel would look for its place and its size, which a pipe has not. */
        @Override
        public int available() {
            return 0;
        }
    }
}
