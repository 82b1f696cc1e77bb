package io.derm.bench.peers;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

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

    /**
     * Examines frames one after the other as a program that plays a video does, and tells the time that each took, once what the caches were left
     * with is used up.
     *
     * @return the findings of each frame
     */
    default List<List<Finding>> video(List<Picture> pictures, LongConsumer nanos) throws Exception {
        StageClock clock = new StageClock();
        List<List<Finding>> answers = new ArrayList<>();
        // The first finds the caches full of what other processes left.
        exam(pictures.get(pictures.size() - 1), clock);
        for (Picture picture : pictures) {
            long start = System.nanoTime();
            answers.add(exam(picture, clock));
            nanos.accept(System.nanoTime() - start);
        }
        return answers;
    }

    /** What the detector was fed with last: 3 planes, RGB, 0 to 1. */
    FloatBuffer detectorInput();

    @Override
    void close() throws Exception;
}
