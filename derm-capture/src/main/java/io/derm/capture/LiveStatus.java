package io.derm.capture;

/**
 * The state of a {@link LiveSource} and what led to it. Immutable.
 *
 * @param state where the source stands
 * @param reason why, in words for a person, without credentials
 * @param tries tries to connect since frames last came for long enough to count as stable
 * @param connections how often frames began to come; one less is the number of reconnects
 * @param frames frames that came, whether anybody took them or not
 * @param dropped frames replaced by a newer one before anybody took them
 * @param outageMillis time without a frame between the last of one connection and the first of the next, all such times together and
 *     one under way included
 * @param abandoned connections given up whose threads have not come back yet, each of which still holds what it opened
 */
public record LiveStatus(
        LiveState state,
        String reason,
        int tries,
        long connections,
        long frames,
        long dropped,
        long outageMillis,
        int abandoned) {
    /** How often frames came again. */
    public long reconnects() {
        return Math.max(0, connections - 1);
    }
}
