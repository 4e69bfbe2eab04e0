"""What Hanse needs beyond Python packages: front-end assets, fonts, Pango, compiled translations.  See ./run setup."""
