package io.derm.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What an image says of itself before it is decoded, read from the bytes of the file.
 *
 * <p>Orientation comes from the EXIF block (EXIF 2.32) of a JPEG, PNG or WebP and from a TIFF itself. A header that is
 * cut off or makes no sense yields what was read so far: whether the picture is sound is for the decoder to say.
 *
 * @param width as stored, 0 where it is not known
 * @param height as stored, 0 where it is not known
 */
record ImageHeader(long width, long height, Orientation orientation) {
    private static final int TIFF_WIDTH = 0x0100;
    private static final int TIFF_HEIGHT = 0x0101;
    private static final int TIFF_ORIENTATION = 0x0112;

    static ImageHeader read(MediaType type, ByteBuffer file) {
        Parser parser = new Parser(file.duplicate());
        try {
            switch (type) {
                case JPEG -> parser.jpeg();
                case PNG -> parser.png();
                case WEBP -> parser.webp();
                case TIFF -> parser.tiff(0, file.limit());
                case GIF -> parser.gif();
                case BMP -> parser.bmp();
                default -> throw new IllegalArgumentException(type + " is no image");
            }
        } catch (IndexOutOfBoundsException e) {
            // Cut off.
        }
        return new ImageHeader(parser.width, parser.height, Orientation.ofExif(parser.orientation));
    }

    private static final class Parser {
        private final ByteBuffer file;
        private long width;
        private long height;
        private int orientation = 1;

        Parser(ByteBuffer file) {
            this.file = file;
        }

        private int u8(int at) {
            return file.get(at) & 0xff;
        }

        private int u16(int at) {
            return file.getShort(at) & 0xffff;
        }

        private long u32(int at) {
            return file.getInt(at) & 0xffffffffL;
        }

        private boolean is(int at, String tag) {
            for (int i = 0; i < tag.length(); i++) {
                if (u8(at + i) != tag.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        /** Markers up to the start of the scan: frame headers (SOF) for the size, APP1 for EXIF. */
        void jpeg() {
            file.order(ByteOrder.BIG_ENDIAN);
            for (int at = 2; ; ) {
                if (u8(at) != 0xff) {
                    return;
                }
                int marker = u8(at + 1);
                if (marker == 0xff) {
                    at++; // fill byte
                    continue;
                }
                if (marker == 0xda || marker == 0xd9) {
                    return;
                }
                int length = u16(at + 2);
                boolean frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
                if (frame) {
                    height = u16(at + 5);
                    width = u16(at + 7);
                } else if (marker == 0xe1 && length > 8 && is(at + 4, "Exif\0\0")) {
                    tiff(at + 10, at + 2 + length);
                    file.order(ByteOrder.BIG_ENDIAN);
                }
                at += 2 + length;
            }
        }

        void png() {
            file.order(ByteOrder.BIG_ENDIAN);
            width = u32(16);
            height = u32(20);
            long at = 8;
            while (at < file.limit() - 8) {
                long length = u32((int) at);
                if (is((int) at + 4, "eXIf")) {
                    tiff((int) at + 8, (int) Math.min(file.limit(), at + 8 + length));
                    return;
                }
                at += 12 + length;
            }
        }

        void webp() {
            file.order(ByteOrder.LITTLE_ENDIAN);
            long at = 12;
            while (at < file.limit() - 8) {
                int data = (int) at + 8;
                long length = u32((int) at + 4);
                if (is((int) at, "VP8X")) {
                    width = 1 + (u32(data + 4) & 0xffffff);
                    height = 1 + (u32(data + 6) >> 8);
                } else if (is((int) at, "VP8L")) {
                    width = 1 + (u32(data + 1) & 0x3fff);
                    height = 1 + (u32(data + 1) >> 14 & 0x3fff);
                } else if (is((int) at, "VP8 ")) {
                    width = u16(data + 6) & 0x3fff;
                    height = u16(data + 8) & 0x3fff;
                } else if (is((int) at, "EXIF")) {
                    int start = is(data, "Exif\0\0") ? data + 6 : data;
                    tiff(start, (int) Math.min(file.limit(), data + length));
                    return;
                }
                at += 8 + length + (length & 1);
            }
        }

        void gif() {
            file.order(ByteOrder.LITTLE_ENDIAN);
            width = u16(6);
            height = u16(8);
        }

        void bmp() {
            file.order(ByteOrder.LITTLE_ENDIAN);
            boolean old = u32(14) == 12;
            width = old ? u16(18) : u32(18);
            height = old ? u16(20) : Math.abs((long) file.getInt(22));
        }

        /** The first directory of a TIFF structure: its orientation, and its size where the file is one. */
        void tiff(int start, int end) {
            file.order(is(start, "II") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            long directory = start + u32(start + 4);
            if (directory > end - 2) {
                return;
            }
            int entries = u16((int) directory);
            for (int i = 0; i < entries; i++) {
                int at = (int) directory + 2 + 12 * i;
                if (at > end - 12) {
                    return;
                }
                int tag = u16(at);
                long value = u16(at + 2) == 3 ? u16(at + 8) : u32(at + 8);
                if (tag == TIFF_ORIENTATION) {
                    orientation = (int) value;
                } else if (start == 0 && tag == TIFF_WIDTH) {
                    width = value;
                } else if (start == 0 && tag == TIFF_HEIGHT) {
                    height = value;
                }
            }
        }
    }
}
