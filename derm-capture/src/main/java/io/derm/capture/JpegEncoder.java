package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_FLAG_QSCALE;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_MJPEG;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_encoder;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_packet;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_frame;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT470BG;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.FF_QP2LAMBDA;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_make_writable;
import static org.bytedeco.ffmpeg.global.avutil.av_make_q;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.jspecify.annotations.Nullable;

/**
 * Encodes whole frames as JPEG (JFIF, 4:2:0), one after the other, as a page shows them: by FFmpeg, whose encoder and buffers are kept
 * from frame to frame. For single pictures and parts of them see {@link Images}, which keeps more of their detail. Confined.
 */
public final class JpegEncoder implements AutoCloseable {
    private static final int MIN_SIDE = 2;

    private final int maxSide;
    private final int quantiser;
    private @Nullable Encoding encoding;
    private boolean closed;

    /**
     * Makes an encoder; what it needs is allocated with the first frame.
     *
     * @param maxSide a frame with a longer side is scaled down to it
     * @param quantiser 2 for the finest to 31 for the coarsest
     */
    public JpegEncoder(int maxSide, int quantiser) {
        if (maxSide < MIN_SIDE || quantiser < 2 || quantiser > 31) {
            throw new IllegalArgumentException("JPEG encoder has a longest side of " + maxSide + " and a quantiser of "
                    + quantiser + ", expected at least " + MIN_SIDE + ", and 2 to 31");
        }
        this.maxSide = maxSide;
        this.quantiser = quantiser;
    }

    /**
     * Encodes a frame.
     *
     * @param frame of either format, borrowed for the call; an odd side loses its last column or row
     * @return a JPEG file of the caller's own
     * @throws CaptureException if FFmpeg cannot be loaded or its encoder fails
     * @throws IllegalStateException if the encoder is closed
     */
    public byte[] encode(Frame frame) {
        if (closed) {
            throw new IllegalStateException("JPEG encoder is closed");
        }
        double scale = Math.min(1, (double) maxSide / Math.max(frame.width(), frame.height()));
        int width = even(frame.width() * scale);
        int height = even(frame.height() * scale);
        Encoding e = encoding;
        if (e == null || e.picture.width() != width || e.picture.height() != height) {
            close(e);
            encoding = null;
            e = new Encoding(width, height, quantiser);
            encoding = e;
        }
        return e.encode(frame);
    }

    private static int even(double side) {
        return Math.max(MIN_SIDE, (int) Math.round(side) & ~1);
    }

    private static void close(@Nullable Encoding e) {
        if (e != null) {
            e.close();
        }
    }

    @Override
    public void close() {
        closed = true;
        close(encoding);
        encoding = null;
    }

    /** The encoder for one size, with its picture and packet. */
    private static final class Encoding implements AutoCloseable {
        private final AVCodecContext codec;
        private final AVFrame picture;
        private final AVPacket packet;
        private final YuvConverter converter;

        Encoding(int width, int height, int quantiser) {
            Ffmpeg.load();
            codec = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG));
            codec.width(width).height(height).pix_fmt(AV_PIX_FMT_YUV420P);
            codec.time_base(av_make_q(1, 1));
            codec.colorspace(AVCOL_SPC_BT470BG).color_range(AVCOL_RANGE_JPEG);
            codec.flags(codec.flags() | AV_CODEC_FLAG_QSCALE);
            codec.global_quality(FF_QP2LAMBDA * quantiser);
            codec.qmin(quantiser).qmax(quantiser);
            codec.thread_count(1);
            AVDictionary settings = new AVDictionary(null);
            // Tables made for each picture save a tenth of the bytes and take a second pass.
            av_dict_set(settings, "huffman", "default", 0);
            int r = avcodec_open2(codec, codec.codec(), settings);
            av_dict_free(settings);
            if (r < 0) {
                avcodec_free_context(codec);
                throw failed(r);
            }
            picture = av_frame_alloc();
            picture.width(width).height(height).format(AV_PIX_FMT_YUV420P);
            picture.color_range(AVCOL_RANGE_JPEG).colorspace(AVCOL_SPC_BT470BG);
            av_frame_get_buffer(picture, 0);
            picture.quality(FF_QP2LAMBDA * quantiser);
            packet = av_packet_alloc();
            converter = new YuvConverter(picture, YuvConverter.Colour.JPEG);
        }

        byte[] encode(Frame frame) {
            av_frame_make_writable(picture);
            converter.convert(frame);
            picture.pts(picture.pts() + 1);
            check(avcodec_send_frame(codec, picture));
            check(avcodec_receive_packet(codec, packet));
            try {
                byte[] jpeg = new byte[packet.size()];
                packet.data().get(jpeg);
                return jpeg;
            } finally {
                av_packet_unref(packet);
            }
        }

        private static void check(int result) {
            if (result < 0) {
                throw failed(result);
            }
        }

        private static CaptureException failed(int error) {
            return new CaptureException(
                    227,
                    "FFmpeg's JPEG encoder failed: " + Ffmpeg.text(error),
                    "use the FFmpeg that derm-capture depends on");
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
