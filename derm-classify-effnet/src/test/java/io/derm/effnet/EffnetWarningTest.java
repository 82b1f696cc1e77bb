package io.derm.effnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.ModelKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is assumed of a model is said once, with the remedy. */
class EffnetWarningTest {
    private final List<String> messages = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord event) {
            messages.add(event.getLevel() + " " + new SimpleFormatter().formatMessage(event));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final Logger logger = Logger.getLogger(EffnetClassifier.class.getName());

    @BeforeEach
    void listen() {
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
    }

    @AfterEach
    void stop() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    @Test
    void foreignModel_saysOnceWhatIsAssumed() {
        EffnetClassifier classifier = Fixtures.classifier(
                Map.of(ModelKeys.CLASSES, "derm"), EffnetOptions.defaults(), Fixtures.scores("scores", 1, 2, 3));
        Fixtures.classify(classifier);
        assertThat(messages)
                .containsExactly(
                        "WARNING model.onnx does not say how its input is normalised; feeding it as from PyTorch (RGB, ImageNet mean"
                                + " and std). State derm.input.mean and derm.input.std if that is wrong.",
                        "WARNING model.onnx does not say whether its outputs are logits; by the first of them they are taken as logits."
                                + " State derm.activation if that is wrong.");
    }

    @Test
    void modelThatSaysAll_isTakenWithoutAWord() {
        Fixtures.classify(Fixtures.classifier(
                Map.of(
                        ModelKeys.CLASSES, "derm",
                        ModelKeys.ACTIVATION, "logits",
                        ModelKeys.INPUT_MEAN, "0,0,0",
                        ModelKeys.INPUT_STD, "255,255,255"),
                EffnetOptions.defaults(),
                Fixtures.scores("scores", 1, 2, 3)));
        assertThat(messages).isEmpty();
    }
}
