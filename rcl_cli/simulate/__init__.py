"""Noisy/clean pairs from clean pictures and a noise profile, in files that keep noise below 0 and above 1.

OUT/noisy/NAME and OUT/clean/NAME belong together; this is the layout that `--pairs OUT` reads.

| domain        | clean picture         | noisy                    | clean                        |
|---------------|-----------------------|--------------------------|------------------------------|
| rgb           | RGB                   | .tif, float32, linear    | .tif, float32, linear        |
| bayer, xtrans | RGB                   | .dng, mosaic, 16 bit     | .tif, float32, linear        |
| bayer, xtrans | linear DNG            | .dng, mosaic, 16 bit     | .dng, three planes, 16 bit   |
| bayer, xtrans | raw of that pattern   | .dng, mosaic, 16 bit     | .dng, mosaic, 16 bit         |

A clean RGB picture gives the clean mosaic as well: of each pixel the colour of the noisy file's filter. Integer
pictures would clip the noise at black, which lifts shadows. So RGB is stored as floating-point TIFF, and DNGs have
black at a quarter and white at three quarters of 16 bits: half a range of headroom on either side.
"""
