"""Records what Pillow and NumPy make of small pictures and arrays. Run: python record.py; then paste the printed lines
into image_test.cpp. Pillow 13.0, NumPy 2.4."""
import os
import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))


def noise(width, height, seed):
    """The same numbers as `noise` of image_test.cpp."""
    state, values = seed, []
    for _ in range(width * height * 3):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(state >> 56)
    return np.array(values, np.uint8).reshape(height, width, 3)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def resize_table():
    cases = [(40, 30, 20, 15), (40, 30, 17, 9), (40, 30, 64, 48), (40, 30, 40, 11), (40, 30, 7, 30), (5, 4, 50, 7),
             (1, 1, 3, 3), (300, 2, 3, 200), (97, 61, 24, 24)]
    for width, height, to_width, to_height in cases:
        image = Image.fromarray(noise(width, height, 7))
        for name, filter in [("CONVOY_BILINEAR", Image.BILINEAR), ("CONVOY_BICUBIC", Image.BICUBIC)]:
            result = image.resize((to_width, to_height), filter).tobytes()
            print("    {%d, %d, %d, %d, %s, 0x%016xull}," % (width, height, to_width, to_height, name, fnv1a(result)))


def picture(name, image, **options):
    path = os.path.join(HERE, "pictures", name)
    image.save(path, **options)
    result = Image.open(path).convert("RGB")
    print('    {"%s", %d, %d, 0x%016xull},' % (name, *result.size, fnv1a(result.tobytes())))


def pictures():
    os.makedirs(os.path.join(HERE, "pictures"), exist_ok=True)
    colour = Image.fromarray(noise(5, 3, 1))
    smooth = Image.fromarray(noise(4, 4, 2)).resize((19, 13), Image.BICUBIC)
    picture("rgb.png", colour)
    picture("grey.png", colour.convert("L"))
    picture("palette.png", colour.quantize(8))
    picture("bits.png", colour.convert("1"))
    alpha = colour.copy()
    alpha.putalpha(Image.fromarray(noise(5, 3, 3)[:, :, 0]))
    picture("alpha.png", alpha)
    picture("grey_alpha.png", alpha.convert("LA"))
    picture("rgb.jpg", smooth, quality=90)
    picture("subsampled.jpg", smooth, quality=60, subsampling="4:2:0")
    picture("progressive.jpg", smooth, quality=80, progressive=True)
    picture("grey.jpg", smooth.convert("L"), quality=80)
    smooth.convert("CMYK").save(os.path.join(HERE, "pictures", "four_colours.jpg"))
    colour.save(os.path.join(HERE, "pictures", "other.bmp"))


def arrays():
    os.makedirs(os.path.join(HERE, "arrays"), exist_ok=True)
    for name, array in {
        "f32": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "fortran": np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4)),
        "scalar": np.float64(2.5),
        "bool": np.array([True, False, True]),
        "empty": np.zeros((0, 7), np.uint8),
        "big_endian": np.arange(3, dtype=">f4"),
        "complex": np.zeros(3, np.complex64),
        "nine": np.zeros((1,) * 9, np.float32),
    }.items():
        np.save(os.path.join(HERE, "arrays", name + ".npy"), array)


if __name__ == "__main__":
    resize_table()
    pictures()
    arrays()
