package io.derm.samples.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;

/** Binds the exam of the bound source by the bound detector and classifier. */
public final class ExamModule extends AbstractModule {
    private final ExamOptions options;

    /** Binds an exam with these options. */
    public ExamModule(ExamOptions options) {
        this.options = options;
    }

    @Provides
    @Singleton
    Exam exam(FrameSource source, Detector detector, Classifier classifier) {
        return new Exam(source, detector, classifier, options);
    }
}
