package io.derm.trt;

import java.util.Map;
import java.util.TreeMap;

/** Keys for tests. */
final class Keys {
    private Keys() {}

    /** A key of the first model on an H200. */
    static EngineKey key() {
        return key(Map.of());
    }

    /** The same with some entries replaced or added. */
    static EngineKey key(Map<String, String> changes) {
        Map<String, String> entries = new TreeMap<>();
        entries.put("tensorrt", "10.15.1.29");
        entries.put("os", "linux-x86_64");
        entries.put("gpu", "NVIDIA H200");
        entries.put("compute", "9.0");
        entries.put("multiprocessors", "132");
        entries.put("onnx", "aa".repeat(32));
        entries.put("onnx-bytes", "1000000");
        entries.put("precision", "fp16");
        entries.put("profiles", "input 1x3x608x608");
        entries.put("flags", "STRONGLY_TYPED,TF32");
        entries.put("level", "3");
        entries.put("pools", "workspace 1073741824");
        entries.put("hardware", "none");
        entries.put("tiling", "none");
        entries.putAll(changes);
        EngineKey.Builder builder = EngineKey.builder();
        entries.forEach(builder::with);
        return builder.build();
    }
}
