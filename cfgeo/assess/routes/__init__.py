"""The routes behind the minutes: of median children, and of whoever asks why a walk takes as long as it does."""
