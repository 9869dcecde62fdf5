// What only one page needs lies in css/pages, a file for a page. Here, apart from app.js, so that it comes after the components:
// the imports of a glob are put before all others of their module.
import.meta.glob("./css/pages/*.css", { eager: true });
