package io.derm.api;

/**
 * What is known of a source before its first frame. Immutable.
 *
 * @param name what a person calls it: a path or a URI without credentials
 * @param width pixels, 0 where it varies or is not known
 * @param height pixels, 0 where it varies or is not known
 * @param framesPerSecond nominal rate, 0 where there is none (still images)
 * @param frames how many frames there are, -1 where that is not known
 * @param live whether frames come at their own pace and are lost when nobody takes them
 */
public record SourceInfo(String name, int width, int height, double framesPerSecond, long frames, boolean live) {
    public SourceInfo {
        if (width < 0 || height < 0 || !(framesPerSecond >= 0) || frames < -1) {
            throw new IllegalArgumentException("Source is " + width + "x" + height + " at " + framesPerSecond
                    + " frames/s with " + frames + " frames, expected none of them negative (frames -1 if not known)");
        }
    }
}
