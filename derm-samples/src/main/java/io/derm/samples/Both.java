package io.derm.samples;

import java.util.function.Function;

/** The same of the two models of a comparison. */
record Both<T>(T a, T b) {
    <R> Both<R> map(Function<? super T, ? extends R> f) {
        return new Both<>(f.apply(a), f.apply(b));
    }
}
