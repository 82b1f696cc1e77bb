package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_FLAG_GLOBAL_HEADER;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_encoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_from_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_packet;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_frame;
import static org.bytedeco.ffmpeg.global.avformat.AVIO_FLAG_WRITE;
import static org.bytedeco.ffmpeg.global.avformat.av_write_frame;
import static org.bytedeco.ffmpeg.global.avformat.av_write_trailer;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_output_context2;
import static org.bytedeco.ffmpeg.global.avformat.avformat_free_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_new_stream;
import static org.bytedeco.ffmpeg.global.avformat.avformat_write_header;
import static org.bytedeco.ffmpeg.global.avformat.avio_closep;
import static org.bytedeco.ffmpeg.global.avformat.avio_open;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_PRI_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_MPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_TRC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EAGAIN;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_ENOSPC;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_make_writable;
import static org.bytedeco.ffmpeg.global.avutil.av_make_q;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVOutputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes frames to an H.264 MP4 (OpenH264, 4:2:0, BT.709 limited range).
 *
 * <p>The file grows by fragments of one second and can be played up to the last of them if the process is killed or the
 * disk fills; {@link #close()} turns it into a plain MP4 with an index. The first frame sets the size, less the last
 * column or row of an odd side; frames of other sizes are fitted into it with black bars.
 *
 * <p>Thread-safe.
 */
public final class VideoRecorder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VideoRecorder.class);
    private static final int TICKS_PER_SECOND = 90_000;
    private static final int MIN_SIDE = 16;

    private final Path file;
    private final RecorderOptions options;
    private final AVFormatContext format;
    private @Nullable Encoding encoding;
    private long written;
    private boolean failed;
    private boolean closed;

    private VideoRecorder(Path file, RecorderOptions options, AVFormatContext format) {
        this.file = file;
        this.options = options;
        this.format = format;
    }

    /**
     * Creates the file, replacing one of that name.
     *
     * @throws CaptureException if it cannot be written there
     */
    public static VideoRecorder open(Path file, RecorderOptions options) {
        Ffmpeg.load();
        AVFormatContext format = new AVFormatContext(null);
        avformat_alloc_output_context2(format, (AVOutputFormat) null, "mp4", (String) null);
        AVIOContext io = new AVIOContext(null);
        try (BytePointer url = new BytePointer("file:" + file.toAbsolutePath(), StandardCharsets.UTF_8)) {
            int r = avio_open(io, url, AVIO_FLAG_WRITE);
            if (r < 0) {
                avformat_free_context(format);
                throw new CaptureException(
                        221,
                        "Recording " + file + " cannot be created: " + Ffmpeg.text(r),
                        "choose a folder that exists and can be written to");
            }
        }
        format.pb(io);
        format.flags(format.flags() | AVFormatContext.AVFMT_FLAG_FLUSH_PACKETS);
        return new VideoRecorder(file, options, format);
    }

    /** {@link #record(Frame, long)} at the frame's own time. */
    public void record(Frame frame) {
        record(frame, frame.timestampMicros());
    }

    /**
     * Adds a frame.
     *
     * @param frame of either format, borrowed for the call
     * @param timestampMicros when it is shown; one that does not lie after the frame before is moved to just after it
     * @throws CaptureException if it cannot be encoded or written; what is in the file by then can be played
     * @throws IllegalStateException if the recorder is closed or has failed before
     */
    public synchronized void record(Frame frame, long timestampMicros) {
        if (closed || failed) {
            throw new IllegalStateException("Recording " + file + (closed ? " is closed" : " has failed"));
        }
        try {
            Encoding e = encoding;
            if (e == null) {
                e = start(frame);
                encoding = e;
            }
            e.add(frame, timestampMicros);
            drain(e);
            written++;
        } catch (CaptureException e) {
            failed = true;
            throw e;
        }
    }

    /** How many frames were recorded. */
    public synchronized long frames() {
        return written;
    }

    private Encoding start(Frame frame) {
        if (frame.width() < MIN_SIDE || frame.height() < MIN_SIDE) {
            throw new CaptureException(
                    223,
                    "Frames for " + file + " have " + frame.width() + "x" + frame.height()
                            + " pixels, expected at least " + MIN_SIDE + "x" + MIN_SIDE,
                    "record larger frames");
        }
        Encoding e = new Encoding(file, frame.width() & ~1, frame.height() & ~1, options);
        AVDictionary settings = new AVDictionary(null);
        try {
            AVStream stream = avformat_new_stream(format, null);
            avcodec_parameters_from_context(stream.codecpar(), e.codec);
            AVRational base = av_make_q(1, TICKS_PER_SECOND);
            stream.time_base(base);
            stream.avg_frame_rate(e.codec.framerate());
            av_dict_set(settings, "movflags", "frag_keyframe+empty_moov+default_base_moof+hybrid_fragmented", 0);
            check(avformat_write_header(format, settings));
            return e;
        } catch (RuntimeException | Error x) {
            e.close();
            throw x;
        } finally {
            av_dict_free(settings);
        }
    }

    private void drain(Encoding e) {
        while (e.take()) {
            try {
                check(av_write_frame(format, e.packet));
                check(format.pb().error());
            } finally {
                av_packet_unref(e.packet);
            }
        }
    }

    private void check(int result) {
        if (result < 0) {
            boolean full = result == AVERROR_ENOSPC();
            throw new CaptureException(
                    222,
                    "Recording " + file + " breaks off after " + written + " frames: "
                            + (full ? "no space left on the disk" : Ffmpeg.text(result)),
                    full ? "free some space; what was written so far can be played" : "check the disk");
        }
    }

    /**
     * Ends the recording and writes its index. A recording without a frame leaves no file. Closing twice has no effect.
     *
     * @throws CaptureException if the rest cannot be written
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Encoding e = encoding;
        ByteBuffer head = ByteBuffer.allocate(0);
        boolean finished = false;
        try {
            if (e != null && !failed) {
                e.finish();
                drain(e);
                // The trailer begins by hiding the fragments that a failure has to bring back.
                head = Files.isRegularFile(file) ? Containers.head(file) : head;
                check(av_write_trailer(format));
                check(format.pb().error());
                finished = true;
            }
        } catch (IOException x) {
            throw MediaType.unreadable(file, x);
        } finally {
            if (e != null) {
                e.close();
            }
            AVIOContext io = format.pb();
            format.pb(null);
            avio_closep(io);
            avformat_free_context(format);
            tidy(finished, head);
        }
    }

    private void tidy(boolean finished, ByteBuffer head) {
        if (finished || !Files.isRegularFile(file)) {
            return;
        }
        try {
            if (written == 0) {
                Files.delete(file);
            } else {
                Containers.repair(file, head);
            }
        } catch (IOException e) {
            LOG.warn("Recording {} is left with a broken end: {}", file, MediaType.reason(e));
        }
    }

    /** The encoder with its picture and packet. */
    private static final class Encoding implements AutoCloseable {
        private final Path file;
        private final AVCodecContext codec;
        private final AVFrame picture;
        private final AVPacket packet;
        private final YuvConverter converter;
        private final long frameTicks;
        private long lastTicks = Long.MIN_VALUE;
        private long firstMicros = Long.MIN_VALUE;

        Encoding(Path file, int width, int height, RecorderOptions options) {
            this.file = file;
            AVCodec encoder = avcodec_find_encoder_by_name("libopenh264");
            if (encoder == null) {
                throw new CaptureException(
                        223, "This FFmpeg has no OpenH264 encoder", "use the FFmpeg that derm-capture depends on");
            }
            codec = avcodec_alloc_context3(encoder);
            frameTicks = Math.max(1, Math.round(TICKS_PER_SECOND / options.framesPerSecond()));
            codec.width(width).height(height).pix_fmt(AV_PIX_FMT_YUV420P);
            codec.time_base(av_make_q(1, TICKS_PER_SECOND));
            codec.framerate(av_make_q((int) Math.round(options.framesPerSecond() * 1000), 1000));
            codec.gop_size(Math.max(1, (int) Math.round(options.framesPerSecond())));
            codec.bit_rate(options.bitsPerSecond(width, height));
            // OpenH264 gives each thread a slice of the picture.
            int threads = options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
            codec.thread_count(threads).slices(threads);
            codec.colorspace(AVCOL_SPC_BT709).color_range(AVCOL_RANGE_MPEG);
            codec.color_primaries(AVCOL_PRI_BT709).color_trc(AVCOL_TRC_BT709);
            codec.flags(codec.flags() | AV_CODEC_FLAG_GLOBAL_HEADER);
            AVDictionary settings = new AVDictionary(null);
            av_dict_set(settings, "rc_mode", "bitrate", 0);
            av_dict_set(settings, "allow_skip_frames", "0", 0);
            int r = avcodec_open2(codec, encoder, settings);
            av_dict_free(settings);
            if (r < 0) {
                avcodec_free_context(codec);
                throw encoderFailed(r);
            }
            picture = av_frame_alloc();
            picture.width(width).height(height).format(AV_PIX_FMT_YUV420P);
            av_frame_get_buffer(picture, 0);
            packet = av_packet_alloc();
            converter = new YuvConverter(picture, YuvConverter.Colour.VIDEO);
        }

        private CaptureException encoderFailed(int error) {
            return new CaptureException(
                    224, "The H.264 encoder failed on " + file + ": " + Ffmpeg.text(error), "record fewer pixels");
        }

        void add(Frame frame, long micros) {
            if (firstMicros == Long.MIN_VALUE) {
                firstMicros = micros;
            }
            long ticks = Math.round((micros - firstMicros) * (TICKS_PER_SECOND / 1e6));
            ticks = Math.max(ticks, lastTicks + 1);
            lastTicks = ticks;
            av_frame_make_writable(picture);
            converter.convert(frame);
            picture.pts(ticks);
            picture.duration(frameTicks);
            int r = avcodec_send_frame(codec, picture);
            if (r < 0) {
                throw encoderFailed(r);
            }
        }

        void finish() {
            avcodec_send_frame(codec, null);
        }

        boolean take() {
            int r = avcodec_receive_packet(codec, packet);
            if (r == AVERROR_EAGAIN() || r == AVERROR_EOF) {
                return false;
            }
            if (r < 0) {
                throw encoderFailed(r);
            }
            packet.duration(frameTicks);
            return true;
        }

        @Override
        public void close() {
            converter.close();
            av_packet_free(packet);
            av_frame_free(picture);
            avcodec_free_context(codec);
        }
    }
}
