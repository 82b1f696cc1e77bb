package io.derm.samples;

/**
 * A scale of the source's time: minutes where it is long. Immutable.
 *
 * @param unit seconds
 */
record TimeScale(Axis axis, double unit) {
    private static final double LONG_SECONDS = 180;

    /** From one time to another, in seconds. */
    static TimeScale of(double from, double to) {
        boolean minutes = to - from > LONG_SECONDS;
        double unit = minutes ? 60 : 1;
        return new TimeScale(
                Axis.linear(from / unit, to / unit, minutes ? "time of the source, min" : "time of the source, s"),
                unit);
    }

    /** Of a whole exam. */
    static TimeScale of(ExamCourse course) {
        return of(
                course.seconds(0), course.seconds(Math.max(1, course.stretches().size())));
    }
}
