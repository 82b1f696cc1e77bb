package io.derm.samples;

/** Options that can tell by themselves whether they fit, before a command opens anything. */
interface CheckedOptions {
    /**
     * Looks at what was given.
     *
     * @throws IllegalArgumentException if a value is out of range; it names the option
     */
    void check();
}
