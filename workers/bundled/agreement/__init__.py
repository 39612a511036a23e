"""The model "bundled", which fills a masked word, and makes attraction errors."""
