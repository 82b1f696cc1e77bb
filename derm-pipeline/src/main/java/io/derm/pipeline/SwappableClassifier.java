package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.RuntimeUse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A classifier that another one can take the place of while an exam runs. A new one is opened and tried on a thread of its own: it answers
 * frames that the live one has answered, the newest whenever it is free, and rests as long as it worked, so that the exam waits for
 * nothing and keeps most of the machine. Where it answers as the live one does, and as fast, as {@link SwapOptions} say, it takes over
 * between two frames and the old one is closed; else it is closed, with the reason. What was replaced can be gone back to; it is then
 * opened anew.
 *
 * <p>Two classifiers agree on a region where they give it the same class; both are asked of the regions that the live detector found.
 *
 * <p>The trial holds at most two frames: a source needs as many more ({@code CaptureOptions.frames}). Of a frame whose memory is no
 * {@link io.derm.api.FramePool}'s, but the caller's again after the call ({@link Frame#wrap}), it copies the pixels, one at a time.
 *
 * <p>A new classifier that never comes back, from being opened or from a frame, loses its thread and the frame that it has until it does; then it
 * is closed and takes no place any more. To everybody else its trial is over by {@link #cancel()}, by {@link #close()}, ten seconds after the time
 * that {@link SwapOptions} give it, or after an hour in which it could not be opened: it is then interrupted, and another one may be proposed.
 *
 * <p>{@link #classify} is confined as {@link Classifier} says; everything else may come from any thread. Owns every classifier it opens.
 */
public final class SwappableClassifier implements Classifier {
    private final Swap<Classifier> swap;

    /**
     * Opens the first classifier.
     *
     * @param name what a person calls it
     * @param opener opens it, and opens it again to go back to it
     */
    public SwappableClassifier(String name, Supplier<? extends Classifier> opener) {
        this(new Swap<>("classifier", name, opener, classifier -> new Swap.Answerer(classifier.runtime(), 0)));
    }

    SwappableClassifier(Swap<Classifier> swap) {
        this.swap = swap;
    }

    /**
     * Has another classifier opened and tried; returns at once.
     *
     * @param name what a person calls it
     * @param opener opens it, on a thread of the trial, which is interrupted when the trial is ended; called again if it is gone back to
     *     later
     * @return completed with the outcome, {@link SwapState#SWITCHED} or {@link SwapState#REFUSED}, never exceptionally, on another thread of
     *     the trial
     * @throws IllegalStateException if a swap is under way already, or this is closed
     */
    public CompletableFuture<SwapStatus> propose(
            String name, Supplier<? extends Classifier> opener, SwapOptions options) {
        return swap.propose(name, opener, options, false);
    }

    /**
     * Goes back to the classifier before the live one, as {@link #propose} with {@link SwapOptions#unchecked()}.
     *
     * @throws IllegalStateException if there is none, a swap is under way already, or this is closed
     */
    public CompletableFuture<SwapStatus> rollback() {
        return swap.rollback();
    }

    /** Whether there is one to go back to. */
    public boolean canRollBack() {
        return swap.canRollBack();
    }

    /** Ends a trial under way: the new one is refused at once, and closed on the trial's thread. Has no effect once it was switched to. */
    public void cancel() {
        swap.cancel();
    }

    /** The latest swap. */
    public SwapStatus status() {
        return swap.status();
    }

    /** What the live one was named. */
    public String name() {
        return swap.name();
    }

    @Override
    public List<Assessment> classify(Frame frame, List<Box> regions) {
        return swap.run(frame, regions, SwappableClassifier::oneEach, Agreement::assessments);
    }

    private static List<Assessment> oneEach(Classifier classifier, Frame frame, List<Box> regions) {
        return Evidence.oneEach(classifier, regions, classifier.classify(frame, regions));
    }

    @Override
    public Model model() {
        return swap.live().model();
    }

    @Override
    public RuntimeUse runtime() {
        return swap.answerer().runtime();
    }

    /**
     * Ends a trial under way and closes the live classifier. Then waits until the new one is closed too, but for no more than five seconds:
     * where it does not come back it is left to the trial's thread.
     */
    @Override
    public void close() {
        swap.close();
    }
}
