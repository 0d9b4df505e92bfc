"""The spectroscopic survey: spectrograph, the Earth's atmosphere, observed spectra."""
