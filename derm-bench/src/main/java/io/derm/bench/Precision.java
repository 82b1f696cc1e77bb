package io.derm.bench;

import io.derm.api.Model;
import io.derm.models.DemoModels;
import io.derm.samples.DemoInt8;

/** What the demo models are run in. */
public enum Precision {
    fp32 {
        @Override
        Model detector() {
            return DemoModels.detector();
        }

        @Override
        Model classifier() {
            return DemoModels.classifier();
        }
    },
    int8 {
        @Override
        Model detector() {
            return DemoInt8.detector();
        }

        @Override
        Model classifier() {
            return DemoInt8.classifier();
        }
    };

    abstract Model detector();

    abstract Model classifier();
}
