package io.derm.trt;

import io.derm.api.Availability;

final class TrtLibraries {
    static Availability availability() {
        return Availability.no("x", "y");
    }

    static void require() {}
}
