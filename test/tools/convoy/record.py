"""Prints the hashes of inputs_test.cpp: what Pillow (with the horizontal pass first, as before its version 13) makes of
pictures of noise: the shorter side to 37 pixels, the longer one in proportion, the centre. Run: python record.py"""
import os
import sys

from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../runtime/data"))
from record import fnv1a, noise  # noqa: E402

CROP, SHORT = 32, 37  # 37 = round(32 * 256 / 224)


def resize(image, width, height):
    return image.resize((width, image.height), Image.BICUBIC).resize((width, height), Image.BICUBIC)


for width, height in [(61, 47), (47, 61), (200, 80), (30, 45), (37, 37), (38, 90), (640, 427)]:
    image = Image.fromarray(noise(width, height, 7))
    short, long = min(width, height), max(width, height)
    longer = round(SHORT * long / short)
    image = resize(image, *((SHORT, longer) if width <= height else (longer, SHORT)))
    left, top = (image.width - CROP) // 2, (image.height - CROP) // 2
    image = image.crop((left, top, left + CROP, top + CROP))
    planes = b"".join(channel.tobytes() for channel in image.split())
    print("    {%d, %d, 0x%016xull}," % (width, height, fnv1a(planes)))
