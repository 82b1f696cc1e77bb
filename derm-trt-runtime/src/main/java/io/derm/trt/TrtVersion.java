package io.derm.trt;

import org.bytedeco.tensorrt.global.nvinfer;

/** Versions of TensorRT: that of the presets derm is linked against, and that of the library found. */
final class TrtVersion {
    private TrtVersion() {}

    /** The version that the presets were made for, e.g. {@code 10.15}. */
    static String ofPresets() {
        // 10000 * major + 100 * minor + patch from TensorRT 10 on.
        int version = nvinfer.NV_TENSORRT_VERSION;
        return version / 10_000 + "." + version / 100 % 100;
    }

    /** The version of the library in full, e.g. {@code 10.15.1.29}: a plan fits no other build. */
    static String ofLibrary() {
        return nvinfer.getInferLibMajorVersion() + "." + nvinfer.getInferLibMinorVersion() + "."
                + nvinfer.getInferLibPatchVersion() + "." + nvinfer.getInferLibBuildVersion();
    }
}
