package io.derm.bench.peers;

import java.nio.FloatBuffer;
import java.util.List;

/** A library that examines frames. Confined. */
interface Peer extends AutoCloseable {
    /** What runs, with versions. */
    String about();

    /** Finds and assesses the lesions of a frame, its highest score first; stages are timed where that costs nothing. */
    List<Finding> exam(Picture picture, StageClock clock) throws Exception;

    /** Examines a frame to time its stages. */
    default void stages(Picture picture, StageClock clock) throws Exception {
        clock.start();
        exam(picture, clock);
    }

    /** What the detector was fed with last: 3 planes, RGB, 0 to 1. */
    FloatBuffer detectorInput();

    @Override
    void close() throws Exception;
}
