package io.derm.capture;

/** Where a {@link LiveSource} stands. */
public enum LiveState {
    /** The source is being opened, or is open and has not yielded a frame yet. */
    CONNECTING,
    /** Frames come. */
    LIVE,
    /** Nothing came for longer than a stall may last; the connection has been given up. */
    STALLED,
    /** Waiting before the next try. */
    RETRYING,
    /** Nothing more will come: the source was closed, or it was not live and has been read to its end. */
    ENDED,
    /** Nothing more will come: further tries would not help. */
    FAILED
}
