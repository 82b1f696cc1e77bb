package io.derm.pipeline;

/** Takes the findings of an exam, frame by frame and in order, on the thread that runs the exam. */
@FunctionalInterface
public interface ExamListener {
    /**
     * Takes one frame's findings. A slow listener slows an exam of a file.
     *
     * @throws Exception to end the exam; {@link Exam#run} throws it on
     */
    void frame(FrameFindings findings) throws Exception;
}
