"""«Почта и телефон»: what arrived at the patients of the demo clinic."""
