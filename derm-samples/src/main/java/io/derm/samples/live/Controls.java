package io.derm.samples.live;

import io.derm.api.DermException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a viewer can see and do beside the pictures. Thread-safe. Methods that do something throw {@link DermException} where it fails,
 * {@link IllegalStateException} where it is not possible now and {@link IllegalArgumentException} where it makes no sense.
 */
public interface Controls {
    /** A model of the exam. */
    enum Part {
        DETECTOR,
        CLASSIFIER
    }

    /** All that changes more slowly than pictures, as a JSON object. */
    String state();

    /** Holds the exam, or goes on. */
    void pause(boolean paused);

    /** Examines the source anew once it has ended. */
    void restart();

    /**
     * Saves the latest picture and what was found in it.
     *
     * @return names of the files, for {@link #file}
     */
    List<String> snapshot();

    /** Starts or stops a recording. */
    void record(boolean on);

    /**
     * Tries another model or runtime beside the live one, and switches to it where it does as well.
     *
     * @param model one of those that {@link #state} lists
     * @param unchecked switches without a trial
     */
    void swap(Part part, String model, String runtime, boolean unchecked);

    /** Goes back to the model before. */
    void rollback(Part part);

    /** Ends a trial. */
    void cancel(Part part);

    /** Sets the lowest score of what is shown as a lesion. */
    void threshold(double score);

    /** JPEG of a lesion's best look; empty once its exam is over and another began. */
    Optional<byte[]> crop(int round, int lesion);

    /** A file that was saved here, by its name. */
    Optional<Path> file(String name);
}
