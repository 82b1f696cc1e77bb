package io.derm.capture;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.Directory;
import com.drew.metadata.Metadata;
import com.drew.metadata.bmp.BmpHeaderDirectory;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.gif.GifHeaderDirectory;
import com.drew.metadata.jpeg.JpegDirectory;
import com.drew.metadata.png.PngDirectory;
import com.drew.metadata.webp.WebpDirectory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What an image says of itself before it is decoded.
 *
 * @param width as stored, 0 where it is not known
 * @param height as stored, 0 where it is not known
 */
record ImageHeader(int width, int height, Orientation orientation) {
    private static final ImageHeader UNKNOWN = new ImageHeader(0, 0, Orientation.NORMAL);

    static ImageHeader read(Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            return of(ImageMetadataReader.readMetadata(in));
        } catch (ImageProcessingException e) {
            // Whether the picture itself is sound is for the decoder to say.
            return UNKNOWN;
        } catch (IOException e) {
            throw MediaType.unreadable(file, e);
        }
    }

    private static ImageHeader of(Metadata metadata) {
        int width = 0;
        int height = 0;
        for (Directory d : metadata.getDirectories()) {
            if (d instanceof JpegDirectory) {
                width = number(d, JpegDirectory.TAG_IMAGE_WIDTH);
                height = number(d, JpegDirectory.TAG_IMAGE_HEIGHT);
            } else if (d instanceof PngDirectory && d.containsTag(PngDirectory.TAG_IMAGE_WIDTH)) {
                width = number(d, PngDirectory.TAG_IMAGE_WIDTH);
                height = number(d, PngDirectory.TAG_IMAGE_HEIGHT);
            } else if (d instanceof GifHeaderDirectory) {
                width = number(d, GifHeaderDirectory.TAG_IMAGE_WIDTH);
                height = number(d, GifHeaderDirectory.TAG_IMAGE_HEIGHT);
            } else if (d instanceof BmpHeaderDirectory) {
                width = number(d, BmpHeaderDirectory.TAG_IMAGE_WIDTH);
                height = Math.abs(number(d, BmpHeaderDirectory.TAG_IMAGE_HEIGHT));
            } else if (d instanceof WebpDirectory) {
                width = number(d, WebpDirectory.TAG_IMAGE_WIDTH);
                height = number(d, WebpDirectory.TAG_IMAGE_HEIGHT);
            }
        }
        Directory exif = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
        int tag = exif == null ? 1 : number(exif, ExifIFD0Directory.TAG_ORIENTATION);
        return new ImageHeader(width, height, Orientation.ofExif(tag));
    }

    private static int number(Directory directory, int tag) {
        Integer value = directory.getInteger(tag);
        return value == null ? 0 : value;
    }
}
