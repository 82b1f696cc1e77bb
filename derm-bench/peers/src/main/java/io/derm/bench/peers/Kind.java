package io.derm.bench.peers;

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
    DERM_LOOP("derm's exam loop", false);

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
        return this != DERM_LOOP;
    }

    Peer open(Path detector, Path classifier, Setting setting) throws Exception {
        return switch (this) {
            case DERM -> new DermPeer(Files.readAllBytes(detector), Files.readAllBytes(classifier), setting);
            case ORT -> new OrtPeer(Files.readAllBytes(detector), Files.readAllBytes(classifier), setting);
            case DJL, DJL_AS_IS, DJL_NEW -> new DjlPeer(detector, classifier, setting);
            case DERM_LOOP -> new DermLoop(Files.readAllBytes(detector), Files.readAllBytes(classifier), setting);
            case OPENCV -> new OpenCvPeer(detector, classifier, setting);
        };
    }
}
