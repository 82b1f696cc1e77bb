package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_get_hw_config;
import static org.bytedeco.ffmpeg.global.avutil.AV_HWDEVICE_TYPE_NONE;
import static org.bytedeco.ffmpeg.global.avutil.av_hwdevice_ctx_create;
import static org.bytedeco.ffmpeg.global.avutil.av_hwdevice_find_type_by_name;
import static org.bytedeco.ffmpeg.global.avutil.av_hwdevice_get_type_name;
import static org.bytedeco.ffmpeg.global.avutil.av_hwdevice_iterate_types;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecHWConfig;
import org.bytedeco.ffmpeg.avutil.AVBufferRef;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a decoder work on the hardware that a caller names. */
final class HardwareDecoding {
    private static final Logger LOG = LoggerFactory.getLogger(HardwareDecoding.class);

    private HardwareDecoding() {}

    /**
     * Gives the decoder a device, by which FFmpeg chooses the hardware's pictures over its own; warns where there is none, and the
     * decoder then works in software. FFmpeg itself does the same where the device turns a video down later.
     *
     * @param name of the source, for the warning
     * @param hardware FFmpeg's name of it
     */
    static void offer(String name, String hardware, AVCodec decoder, AVCodecContext codec) {
        String why = attach(hardware, decoder, codec);
        if (!why.isEmpty()) {
            LOG.warn("{} is decoded in software: {}", name, why);
        }
    }

    /** Empty where it succeeded, else the reason. */
    private static String attach(String hardware, AVCodec decoder, AVCodecContext codec) {
        int type = av_hwdevice_find_type_by_name(hardware);
        if (type == AV_HWDEVICE_TYPE_NONE) {
            return "hardware '" + hardware + "' is none of " + String.join(", ", names());
        }
        if (!supports(decoder, type)) {
            return hardware + " has no decoder " + decoder.name().getString();
        }
        AVBufferRef device = new AVBufferRef(null);
        int created = av_hwdevice_ctx_create(device, type, (String) null, (AVDictionary) null, 0);
        if (created < 0) {
            return hardware + " does not work here (" + Ffmpeg.text(created) + ")";
        }
        // Freed with the decoder.
        codec.hw_device_ctx(device);
        return "";
    }

    private static boolean supports(AVCodec decoder, int type) {
        for (int i = 0; ; i++) {
            AVCodecHWConfig config = avcodec_get_hw_config(decoder, i);
            if (config == null) {
                return false;
            }
            if ((config.methods() & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0 && config.device_type() == type) {
                return true;
            }
        }
    }

    /** What this build of FFmpeg can decode by, whether it is there or not. */
    static List<String> names() {
        List<String> names = new ArrayList<>();
        int type = av_hwdevice_iterate_types(AV_HWDEVICE_TYPE_NONE);
        while (type != AV_HWDEVICE_TYPE_NONE) {
            names.add(av_hwdevice_get_type_name(type).getString());
            type = av_hwdevice_iterate_types(type);
        }
        return names;
    }
}
