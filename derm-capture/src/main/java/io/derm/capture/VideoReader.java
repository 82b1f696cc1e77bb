package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_RAWVIDEO;
import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_FLAG_CORRUPT;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_get_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_frame;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_packet;
import static org.bytedeco.ffmpeg.global.avformat.av_read_frame;
import static org.bytedeco.ffmpeg.global.avformat.avformat_close_input;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EAGAIN;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EXIT;
import static org.bytedeco.ffmpeg.global.avutil.AV_NOPTS_VALUE;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_copy_props;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_unref;
import static org.bytedeco.ffmpeg.global.avutil.av_get_pix_fmt_name;
import static org.bytedeco.ffmpeg.global.avutil.av_hwframe_transfer_data;
import static org.bytedeco.ffmpeg.global.avutil.av_rescale;

import io.derm.api.CaptureException;
import io.derm.api.SourceInfo;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native half of {@link VideoSource}: a demuxer and a decoder that yield one picture after the other into the same
 * AVFrame. Confined but for {@link #cancel()}.
 */
final class VideoReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VideoReader.class);

    private final SourceInfo info;
    private final String name;
    private final Orientation orientation;
    private final @Nullable Path file;
    private final int timeoutMillis;
    private final Ffmpeg.Deadline deadline;
    private final AVFormatContext format;
    private final AVCodecContext codec;
    private final AVPacket packet;
    private final AVFrame picture;
    private final AVFrame downloaded;
    private final CaptureClock clock = new CaptureClock();
    private final int streamIndex;
    /** Motion JPEG's pictures have no times of their own, and FFmpeg counts them out at 25 a second. */
    private final boolean datedByArrival;

    private final long ticksNumerator;
    private final long ticksDenominator;
    private final long frameMicros;
    private long startTicks;
    private long lastTicks;
    private long offsetMicros;
    private long pictureMicros = -1;
    private long capturedNanos;
    private boolean onHardware;
    private long pictures;
    private boolean arrivals;
    private boolean drained;
    private int readError;
    private boolean tailDamaged;
    private boolean damaged;
    private boolean warned;

    /**
     * Takes over the deadline, the demuxer and the decoder: it frees them when it is closed.
     *
     * @param file null for a stream or a device
     */
    VideoReader(
            SourceInfo info,
            Orientation orientation,
            @Nullable Path file,
            int timeoutMillis,
            Ffmpeg.Deadline deadline,
            AVFormatContext format,
            AVStream stream,
            AVCodecContext codec) {
        this.info = info;
        this.name = info.name();
        this.orientation = orientation;
        this.file = file;
        this.timeoutMillis = timeoutMillis;
        this.deadline = deadline;
        this.format = format;
        this.codec = codec;
        this.streamIndex = stream.index();
        this.datedByArrival = format.iformat().name().getString().equals("mpjpeg");
        this.ticksNumerator = datedByArrival ? 1 : stream.time_base().num();
        this.ticksDenominator = datedByArrival ? 1_000_000 : stream.time_base().den();
        this.startTicks = datedByArrival ? AV_NOPTS_VALUE : stream.start_time();
        this.frameMicros = info.framesPerSecond() > 0 ? Math.round(1e6 / info.framesPerSecond()) : 40_000;
        this.packet = av_packet_alloc();
        this.picture = av_frame_alloc();
        this.downloaded = av_frame_alloc();
    }

    SourceInfo info() {
        return info;
    }

    Orientation orientation() {
        return orientation;
    }

    /** FFmpeg's name of the codec, or of the pixel format where the stream is raw. */
    String coding() {
        return codec.codec_id() == AV_CODEC_ID_RAWVIDEO
                ? av_get_pix_fmt_name(codec.pix_fmt()).getString()
                : avcodec_get_name(codec.codec_id()).getString();
    }

    /** The picture of the last {@link #read()} that answered true. */
    AVFrame picture() {
        return onHardware ? downloaded : picture;
    }

    /** When that picture is shown, since the start of the stream; later than the one before. */
    long pictureMicros() {
        return pictureMicros;
    }

    /** When that picture was captured, as {@link io.derm.api.Frame#capturedNanos()} defines it. */
    long capturedNanos() {
        return capturedNanos;
    }

    /**
     * Decodes one more picture.
     *
     * @return false at the end
     * @throws CaptureException if the source breaks off
     */
    boolean read() {
        while (true) {
            int r = avcodec_receive_frame(codec, picture);
            if (r == 0 && picture.decode_error_flags() == 0 && download()) {
                decoded();
                return true;
            } else if (r == AVERROR_EOF) {
                end();
                return false;
            } else if (r == AVERROR_EAGAIN()) {
                feed();
            } else {
                damaged = true;
                tailDamaged = true;
            }
        }
    }

    /** Brings a picture that a hardware decoder holds to memory; false if that fails. */
    private boolean download() {
        onHardware = picture.hw_frames_ctx() != null;
        if (!onHardware) {
            return true;
        }
        av_frame_unref(downloaded);
        return av_hwframe_transfer_data(downloaded, picture, 0) >= 0 && av_frame_copy_props(downloaded, picture) >= 0;
    }

    private void decoded() {
        long ticks = picture.best_effort_timestamp();
        long now = System.nanoTime();
        capturedNanos = info.live() && ticks != AV_NOPTS_VALUE && arrivals ? clock.captured(micros(ticks), now) : now;
        if (ticks == AV_NOPTS_VALUE) {
            pictureMicros = pictures == 0 ? 0 : pictureMicros + frameMicros;
        } else {
            if (startTicks == AV_NOPTS_VALUE || (pictures == 0 && ticks < startTicks)) {
                startTicks = ticks;
            }
            long micros = offsetMicros + micros(ticks - startTicks);
            if (pictures > 0 && ticks < lastTicks) {
                // Streams put one after the other, or a camera that has started again.
                offsetMicros += pictureMicros + frameMicros - micros;
                micros = pictureMicros + frameMicros;
            }
            lastTicks = ticks;
            pictureMicros = Math.max(micros, pictureMicros + 1);
        }
        pictures++;
        if (damaged && !warned && !drained) {
            warned = true;
            LOG.warn("{} is damaged near {} s; what cannot be decoded is left out", name, seconds(pictureMicros));
        }
    }

    private long micros(long ticks) {
        return av_rescale(ticks, 1_000_000L * ticksNumerator, ticksDenominator);
    }

    private void feed() {
        deadline.arm(timeoutMillis);
        int r = av_read_frame(format, packet);
        if (r == AVERROR_EAGAIN()) {
            return;
        }
        if (r < 0) {
            readError = r == AVERROR_EOF ? 0 : r;
            drained = true;
            avcodec_send_packet(codec, (AVPacket) null);
            return;
        }
        try {
            if (packet.stream_index() != streamIndex) {
                return;
            }
            if (datedByArrival) {
                packet.pts(System.nanoTime() / 1000);
                packet.dts(packet.pts());
            }
            if (info.live() && packet.pts() != AV_NOPTS_VALUE) {
                arrivals = true;
                clock.arrived(micros(packet.pts()), System.nanoTime());
            }
            // A picture that the end of the file cuts in two would be made up from the one before.
            boolean cut = file != null && (packet.flags() & AV_PKT_FLAG_CORRUPT) != 0 && Containers.cutShort(file);
            tailDamaged = cut || avcodec_send_packet(codec, packet) < 0;
            damaged |= tailDamaged;
        } finally {
            av_packet_unref(packet);
        }
    }

    private void end() {
        String where = pictures == 0
                ? " before its first frame"
                : " after " + pictures + (pictures == 1 ? " frame" : " frames") + " at " + seconds(pictureMicros)
                        + " s";
        if (deadline.cancelled()) {
            return;
        }
        if (file == null) {
            if (readError != 0) {
                String why = readError == AVERROR_EXIT ? "silent for " + timeoutMillis + " ms" : Ffmpeg.text(readError);
                throw new CaptureException(216, name + " breaks off" + where + ": " + why, "check camera and network");
            }
            return;
        }
        boolean cut = Containers.cutShort(file);
        if (readError != 0 || tailDamaged || cut) {
            String why = cut ? "the file is cut short" : "the rest cannot be decoded";
            throw new CaptureException(
                    205, name + " breaks off" + where + ": " + why, "copy the file again from where it was recorded");
        }
        if (pictures == 0) {
            throw new CaptureException(205, name + " holds no picture that can be decoded", Sources.KINDS);
        }
    }

    private static String seconds(long micros) {
        return String.format(Locale.ROOT, "%.2f", micros / 1e6);
    }

    /** Makes a blocked read give up. Any thread, but not after {@link #close()}. */
    void cancel() {
        deadline.cancel();
    }

    @Override
    public void close() {
        av_frame_free(picture);
        av_frame_free(downloaded);
        av_packet_free(packet);
        avcodec_free_context(codec);
        avformat_close_input(format);
        deadline.close();
    }
}
