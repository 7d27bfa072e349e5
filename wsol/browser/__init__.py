"""The browser of images: a page on which test images are sorted, filtered and opened."""
