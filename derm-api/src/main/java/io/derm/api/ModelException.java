package io.derm.api;

import org.jspecify.annotations.Nullable;

/** A model file cannot be read or understood. Ids DERM-001 to 099. */
public class ModelException extends DermException {
    private static final long serialVersionUID = 1L;

    public ModelException(int number, String found, String remedy, @Nullable Throwable cause) {
        super(number, found, remedy, cause);
    }

    public ModelException(int number, String found, String remedy) {
        super(number, found, remedy);
    }
}
