package io.derm.api;

/** What an {@link Assessment} says of a lesion. Research use only: not a diagnosis. */
public enum LesionClass {
    /** Looks like one of the harmless classes the model was trained on. */
    BENIGN,
    /** Neither is well supported: weak evidence, an unfamiliar class, or a malignancy that is not melanoma. */
    UNKNOWN,
    /** Looks like melanoma. */
    MELANOMA
}
