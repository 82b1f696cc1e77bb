package io.derm.bench.peers;

import io.derm.ort.OrtRuntime;
import io.derm.samples.DemoModel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The peers by name. */
enum Kind {
    DERM("derm", false),
    ORT("plain ONNX Runtime", false),
    DJL("DJL", true),
    /** The same with threads as DJL sets them by itself: a pool for each model, spinning. */
    DJL_AS_IS("DJL, its own threads", true),
    /** The same program over derm's ONNX Runtime, so that the versions' share of a difference can be told. */
    DJL_NEW("DJL, newer ONNX Runtime", false),
    OPENCV("OpenCV DNN", false),
    /** derm's exam loop, which detects on a frame while it classifies what was found on the one before: a thread of each model for two. */
    DERM_LOOP("derm's exam loop", false),
    /** The same with both models in int8, which derm makes of the same files. */
    DERM_INT8("derm's exam loop, int8", false);

    private final String words;
    private final boolean pinned;

    Kind(String words, boolean pinned) {
        this.words = words;
        this.pinned = pinned;
    }

    String words() {
        return words;
    }

    /** Whether its process has the ONNX Runtime that DJL asks for. */
    boolean pinned() {
        return pinned;
    }

    /** Whether its stages can be told apart. Those of the loop overlap. */
    boolean staged() {
        return !loop();
    }

    /** Whether it is derm's exam of a video, which has a thread or more for each of its two models. */
    boolean loop() {
        return this == DERM_LOOP || this == DERM_INT8;
    }

    /** How far its findings may be from derm's. */
    Agreement.Tolerance tolerance() {
        return this == DERM_INT8 ? Agreement.Tolerance.INT8 : Agreement.Tolerance.SAME;
    }

    Peer open(Path detector, Path classifier, Setting setting) throws Exception {
        return switch (this) {
            case DERM -> new DermPeer(Files.readAllBytes(detector), Files.readAllBytes(classifier), setting);
            case ORT -> new OrtPeer(Files.readAllBytes(detector), Files.readAllBytes(classifier), setting);
            case DJL, DJL_AS_IS, DJL_NEW -> new DjlPeer(detector, classifier, setting);
            case DERM_LOOP -> new DermLoop(Files.readAllBytes(detector), Files.readAllBytes(classifier), setting);
            case DERM_INT8 -> new DermLoop(int8(DemoModel.DETECTOR), int8(DemoModel.CLASSIFIER), setting);
            case OPENCV -> new OpenCvPeer(detector, classifier, setting);
        };
    }

    private static byte[] int8(DemoModel model) {
        return model.in(DemoModel.Precision.int8, OrtRuntime.NAME).bytes();
    }
}
