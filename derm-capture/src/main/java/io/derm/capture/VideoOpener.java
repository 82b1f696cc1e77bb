package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avcodec.AVDISCARD_ALL;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_AV1;
import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_DATA_DISPLAYMATRIX;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_side_data_get;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_get_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_to_context;
import static org.bytedeco.ffmpeg.global.avformat.AV_DISPOSITION_ATTACHED_PIC;
import static org.bytedeco.ffmpeg.global.avformat.av_find_best_stream;
import static org.bytedeco.ffmpeg.global.avformat.av_find_input_format;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_close_input;
import static org.bytedeco.ffmpeg.global.avformat.avformat_find_stream_info;
import static org.bytedeco.ffmpeg.global.avformat.avformat_open_input;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EACCES;
import static org.bytedeco.ffmpeg.global.avutil.AVMEDIA_TYPE_VIDEO;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;

import io.derm.api.CaptureException;
import io.derm.api.SourceInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a demuxer and a decoder for a video file, a stream or a virtual camera, or says why there is none. */
final class VideoOpener {
    /**
     * What a local file may be. FFmpeg also knows play lists, subtitles and text art, which open other files or turn any
     * text into pictures.
     */
    private static final String FILE_FORMATS =
            "mov,matroska,avi,mpegts,mpeg,mpegvideo,h264,hevc,av1,obu,ivf,flv,asf,ogg,"
                    + "mjpeg,m4v,h263,vc1,dv,mxf,gxf,nut,rm,yuv4mpegpipe,dnxhd,apng,wtv,nsv";

    private static final Logger LOG = LoggerFactory.getLogger(VideoOpener.class);

    private final String name;
    private final @Nullable Path file;
    private final boolean mayBeLive;
    private final int timeoutMillis;
    private final int threads;
    private final String hardware;
    private final Ffmpeg.Deadline deadline = new Ffmpeg.Deadline();

    private VideoOpener(
            String name, @Nullable Path file, boolean mayBeLive, int timeoutMillis, CaptureOptions options) {
        this(name, file, mayBeLive, timeoutMillis, options.decoderThreads(), options.hardware());
    }

    private VideoOpener(
            String name, @Nullable Path file, boolean mayBeLive, int timeoutMillis, int threads, String hardware) {
        this.mayBeLive = mayBeLive;
        this.name = name;
        this.file = file;
        this.timeoutMillis = timeoutMillis;
        this.threads = threads;
        this.hardware = hardware;
    }

    static VideoReader file(Path file, CaptureOptions options) {
        Ffmpeg.load();
        String url = "file:" + file.toAbsolutePath();
        VideoOpener opener = Files.isRegularFile(file)
                ? new VideoOpener(file.toString(), file, false, 0, options)
                : new VideoOpener(file.toString(), null, true, options.timeoutMillis(), options); // a pipe
        return opener.open(url, null, List.of(Map.of("protocol_whitelist", "file", "format_whitelist", FILE_FORMATS)));
    }

    static VideoReader url(String source, CaptureOptions options) {
        StreamUrl url = StreamUrl.parse(source);
        Ffmpeg.load();
        String hardware = url.hardware().isEmpty() ? options.hardware() : url.hardware();
        VideoOpener opener =
                new VideoOpener(url.name(), null, true, options.timeoutMillis(), options.decoderThreads(), hardware);
        return opener.open(url.url(), null, List.of(url.settings()));
    }

    static VideoReader virtual(String graph, CaptureOptions options) {
        Devices.load();
        String name = Sources.redact("lavfi:" + graph);
        VideoOpener opener = new VideoOpener(name, null, false, options.timeoutMillis(), options);
        return opener.open(graph, av_find_input_format("lavfi"), List.of(Map.of()));
    }

    static VideoReader webcam(String source, CaptureOptions options) {
        WebcamUri uri = WebcamUri.parse(source);
        Devices.load();
        String address = Webcams.address(uri);
        VideoOpener opener = new VideoOpener(source, null, true, options.timeoutMillis(), options);
        VideoReader reader =
                opener.open(address, av_find_input_format(Webcams.SYSTEM.input), uri.attempts(Webcams.SYSTEM));
        SourceInfo info = reader.info();
        if (!uri.meets(info.width(), info.height(), info.framesPerSecond(), reader.coding())) {
            LOG.warn(
                    "{} gives {} of {}x{} at {} frames/s, which is as near as it comes",
                    source,
                    reader.coding(),
                    info.width(),
                    info.height(),
                    info.framesPerSecond());
        }
        return reader;
    }

    /**
     * Opens what {@code url} names.
     *
     * @param attempts settings of the input, the next where the one before is refused
     */
    private VideoReader open(String url, @Nullable AVInputFormat input, List<Map<String, String>> attempts) {
        AVFormatContext format = null;
        try {
            format = demuxer(url, input, attempts);
            AVStream stream = video(format);
            AVCodecContext codec = decoder(stream);
            return new VideoReader(
                    info(format, stream), orientation(stream), file, timeoutMillis, deadline, format, stream, codec);
        } catch (RuntimeException | Error e) {
            if (format != null) {
                avformat_close_input(format);
            }
            deadline.close();
            throw e;
        }
    }

    private AVFormatContext demuxer(String url, @Nullable AVInputFormat input, List<Map<String, String>> attempts) {
        deadline.arm(timeoutMillis);
        int error = 0;
        for (Map<String, String> settings : attempts) {
            AVFormatContext format = avformat_alloc_context();
            format.interrupt_callback().callback(Ffmpeg.interrupt()).opaque(deadline.opaque());
            error = openInput(format, url, input, settings);
            if (error < 0) {
                continue;
            }
            error = avformat_find_stream_info(format, (AVDictionary) null);
            if (error >= 0) {
                return format;
            }
            avformat_close_input(format);
        }
        throw notOpened(error, mayBeLive && input != null);
    }

    /** Frees the context when it fails. */
    private static int openInput(
            AVFormatContext format, String url, @Nullable AVInputFormat input, Map<String, String> settings) {
        AVDictionary dictionary = new AVDictionary(null);
        try (BytePointer address = new BytePointer(url, StandardCharsets.UTF_8)) {
            settings.forEach((key, value) -> av_dict_set(dictionary, key, value, 0));
            return avformat_open_input(format, address, input, dictionary);
        } finally {
            av_dict_free(dictionary);
        }
    }

    private AVStream video(AVFormatContext format) {
        int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, (AVCodec) null, 0);
        // A song's cover is a video stream of one picture to FFmpeg.
        if (index < 0 || (format.streams(index).disposition() & AV_DISPOSITION_ATTACHED_PIC) != 0) {
            throw new CaptureException(206, name + " has no video in it", Sources.KINDS);
        }
        for (int i = 0; i < format.nb_streams(); i++) {
            if (i != index) {
                format.streams(i).discard(AVDISCARD_ALL);
            }
        }
        return format.streams(index);
    }

    private AVCodecContext decoder(AVStream stream) {
        int id = stream.codecpar().codec_id();
        AVCodec decoder = decoder(id);
        if (decoder == null) {
            throw unsupported(id);
        }
        AVCodecContext codec = avcodec_alloc_context3(decoder);
        avcodec_parameters_to_context(codec, stream.codecpar());
        codec.pkt_timebase(stream.time_base());
        codec.thread_count(threads);
        codec.max_pixels(ImageDecoder.MAX_PIXELS);
        if (mayBeLive) {
            // Threads by frame would hold a picture back for each thread.
            codec.thread_type(AVCodecContext.FF_THREAD_SLICE);
        }
        if (!hardware.isEmpty()) {
            HardwareDecoding.offer(name, hardware, decoder, codec);
        }
        if (avcodec_open2(codec, decoder, (AVDictionary) null) < 0) {
            avcodec_free_context(codec);
            throw unsupported(id);
        }
        return codec;
    }

    /** FFmpeg's own AV1 decoder works on a GPU only and would be taken first. */
    private static @Nullable AVCodec decoder(int id) {
        if (id == AV_CODEC_ID_AV1) {
            for (String software : new String[] {"libdav1d", "libaom-av1"}) {
                AVCodec codec = avcodec_find_decoder_by_name(software);
                if (codec != null) {
                    return codec;
                }
            }
        }
        return avcodec_find_decoder(id);
    }

    private CaptureException unsupported(int id) {
        return new CaptureException(
                207,
                name + " is coded as " + avcodec_get_name(id).getString() + ", which this FFmpeg cannot decode",
                "convert the video to H.264");
    }

    private SourceInfo info(AVFormatContext format, AVStream stream) {
        double rate = rate(stream.avg_frame_rate());
        if (rate == 0) {
            rate = rate(stream.r_frame_rate());
        }
        long frames = stream.nb_frames();
        if (frames <= 0) {
            double seconds = stream.duration() > 0
                    ? stream.duration() * rate(stream.time_base())
                    : Math.max(0, format.duration()) / 1e6;
            frames = seconds > 0 && rate > 0 ? Math.max(1, Math.round(seconds * rate)) : -1;
        }
        int w = stream.codecpar().width();
        int h = stream.codecpar().height();
        Orientation orientation = orientation(stream);
        boolean live = mayBeLive && frames < 0;
        return new SourceInfo(name, orientation.width(w, h), orientation.height(w, h), rate, frames, live);
    }

    private static double rate(AVRational rational) {
        return rational.num() > 0 && rational.den() > 0 ? (double) rational.num() / rational.den() : 0;
    }

    private static Orientation orientation(AVStream video) {
        AVPacketSideData all = video.codecpar().coded_side_data();
        int count = video.codecpar().nb_coded_side_data();
        AVPacketSideData side = count == 0 ? null : av_packet_side_data_get(all, count, AV_PKT_DATA_DISPLAYMATRIX);
        if (side == null || side.size() < 36) {
            return Orientation.NORMAL;
        }
        IntPointer matrix = new IntPointer(side.data());
        return Orientation.ofMatrix(matrix.get(0), matrix.get(1), matrix.get(3), matrix.get(4));
    }

    private CaptureException notOpened(int error, boolean webcam) {
        if (deadline.expired()) {
            return new CaptureException(
                    213,
                    name + " does not answer within " + timeoutMillis + " ms",
                    "check the address and the network");
        }
        if (webcam) {
            return Webcams.refused(name, error);
        }
        if (file == null) {
            return StreamErrors.notOpened(name, error);
        }
        MediaType type = MediaType.of(file);
        if (type == MediaType.MP4 && !Containers.hasMovieBox(file)) {
            return new CaptureException(
                    204,
                    name + " is an MP4 that was cut off: the index (moov box) at its end is missing",
                    "copy the file again from where it was recorded");
        }
        if (error == AVERROR_EACCES()) {
            return new CaptureException(212, name + " cannot be read: permission denied", "check its permissions");
        }
        String found = type == MediaType.TEXT ? " is text" : " is not a video or an image that can be read";
        return new CaptureException(203, name + found + " (FFmpeg: " + Ffmpeg.text(error) + ")", Sources.KINDS);
    }
}
