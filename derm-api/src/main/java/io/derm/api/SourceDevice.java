package io.derm.api;

import java.util.List;

/**
 * A device that a source can be opened on. Immutable.
 *
 * @param uri what opens it
 * @param name what its maker calls it
 * @param formats what it offers, one line for each pixel format with its sizes; empty where it does not tell
 */
public record SourceDevice(String uri, String name, List<String> formats) {
    public SourceDevice {
        formats = List.copyOf(formats);
    }
}
