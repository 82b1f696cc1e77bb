package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avcodec.AV_EF_CRCCHECK;
import static org.bytedeco.ffmpeg.global.avcodec.AV_EF_EXPLODE;
import static org.bytedeco.ffmpeg.global.avcodec.av_new_packet;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_frame;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_packet;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_ENOMEM;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;

import io.derm.api.CaptureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;

/** Decodes an image file with FFmpeg's decoder for what its content is. */
final class ImageDecoder {
    /** The largest picture that is decoded; a small file can claim a far larger one. */
    static final long MAX_PIXELS = 200_000_000;

    private static final long MAX_BYTES = 1 << 30;

    private ImageDecoder() {}

    /** A decoded image as it was stored, and how it is to be shown. */
    record Still(AVFrame picture, Orientation orientation) implements AutoCloseable {
        int width() {
            return orientation.width(picture.width(), picture.height());
        }

        int height() {
            return orientation.height(picture.width(), picture.height());
        }

        @Override
        public void close() {
            av_frame_free(picture);
        }
    }

    /**
     * Decodes a file.
     *
     * @return a picture that the caller closes
     */
    static Still decode(Path file) {
        Sources.requireFile(file);
        Ffmpeg.load();
        MediaType type = MediaType.of(file);
        if (type == MediaType.HEIF) {
            throw new CaptureException(
                    211, file + " is a HEIF or AVIF image, which is not supported", "convert it to JPEG or PNG");
        }
        if (!type.isImage()) {
            String found = type == MediaType.TEXT ? " is text" : " is not an image that can be read";
            throw new CaptureException(203, file + found, Sources.KINDS);
        }
        AVFrame picture = av_frame_alloc();
        try {
            return new Still(picture, decode(file, type, picture));
        } catch (RuntimeException | Error e) {
            av_frame_free(picture);
            throw e;
        }
    }

    private static Orientation decode(Path file, MediaType type, AVFrame picture) {
        AVCodec decoder = avcodec_find_decoder_by_name(type.decoder());
        AVCodecContext codec = avcodec_alloc_context3(decoder);
        AVPacket packet = av_packet_alloc();
        try {
            codec.thread_count(1);
            codec.max_pixels(MAX_PIXELS);
            codec.err_recognition(AV_EF_EXPLODE | AV_EF_CRCCHECK);
            int r = avcodec_open2(codec, decoder, (AVDictionary) null);
            ImageHeader header = read(file, type, packet);
            if (r >= 0) {
                r = avcodec_send_packet(codec, packet);
            }
            if (r >= 0) {
                avcodec_send_packet(codec, (AVPacket) null);
                r = avcodec_receive_frame(codec, picture);
            }
            boolean corrupt = r >= 0
                    && ((picture.flags() & AVFrame.AV_FRAME_FLAG_CORRUPT) != 0 || picture.decode_error_flags() != 0);
            if (r < 0 || corrupt) {
                throw new CaptureException(
                        209,
                        file + " is a " + type.name().toUpperCase(Locale.ROOT) + " image that cannot be decoded: "
                                + (r == AVERROR_ENOMEM()
                                        ? "out of memory"
                                        : "it is damaged, cut off or of a rare kind"),
                        "copy it again, or open it in an image editor and save it as PNG");
            }
            return header.orientation();
        } finally {
            av_packet_free(packet);
            avcodec_free_context(codec);
        }
    }

    private static ImageHeader read(Path file, MediaType type, AVPacket packet) {
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            if (size > MAX_BYTES || av_new_packet(packet, (int) size) < 0) {
                throw new CaptureException(
                        210, file + " has " + size + " bytes, expected at most " + MAX_BYTES, "scale the image down");
            }
            ByteBuffer bytes = packet.data().capacity(size).asByteBuffer();
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // until the file is in the packet
            }
            if (bytes.hasRemaining()) {
                throw new IOException("it became shorter while it was read");
            }
            ImageHeader header = ImageHeader.read(type, bytes.flip());
            if (header.width() > MAX_PIXELS || header.width() * header.height() > MAX_PIXELS) {
                throw new CaptureException(
                        210,
                        file + " has " + header.width() + "x" + header.height() + " pixels, expected at most "
                                + MAX_PIXELS / 1_000_000 + " million",
                        "scale the image down");
            }
            return header;
        } catch (IOException e) {
            throw MediaType.unreadable(file, e);
        }
    }
}
