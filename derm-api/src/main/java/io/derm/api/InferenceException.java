package io.derm.api;

import org.jspecify.annotations.Nullable;

/** A model ran and failed, or gave numbers that cannot be used. Ids DERM-101 to 199. */
public class InferenceException extends DermException {
    private static final long serialVersionUID = 1L;

    public InferenceException(int number, String found, String remedy, @Nullable Throwable cause) {
        super(number, found, remedy, cause);
    }

    public InferenceException(int number, String found, String remedy) {
        super(number, found, remedy);
    }
}
