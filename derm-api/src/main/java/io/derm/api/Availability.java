package io.derm.api;

/**
 * Whether something works on this machine, and if not why and what to do. Immutable.
 *
 * @param available whether it works
 * @param detail what was found: version and device, or the reason it does not work
 * @param remedy what to do about it; empty when available
 */
public record Availability(boolean available, String detail, String remedy) {
    public Availability {
        if (!available && (detail.isBlank() || remedy.isBlank())) {
            throw new IllegalArgumentException("An unavailability needs a reason and a remedy");
        }
    }

    public static Availability yes(String detail) {
        return new Availability(true, detail, "");
    }

    public static Availability no(String reason, String remedy) {
        return new Availability(false, reason, remedy);
    }
}
