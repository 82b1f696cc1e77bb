package io.derm.api;

import java.util.List;

/**
 * A kind of source, whether it works on this machine, and the devices of it that were found. Immutable.
 *
 * @param name short, e.g. {@code webcams}
 * @param form how its URIs are written, e.g. {@code webcam:N[?size=WxH&rate=N&format=F]}
 * @param availability whether sources of this kind can be opened, and if not what to do
 * @param devices found here; empty for kinds that have none
 */
public record SourceKind(String name, String form, Availability availability, List<SourceDevice> devices) {
    public SourceKind {
        devices = List.copyOf(devices);
    }
}
