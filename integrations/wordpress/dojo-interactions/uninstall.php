<?php
/**
 * Removes what the plugin kept in the site's database.
 *
 * @package Dojo_Interactions
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Removes the settings, the visitors of users and orders, and what waits to be sent, of one site.
 */
function dojo_interactions_uninstall_site(): void {
	global $wpdb;

	delete_option( 'dojo_interactions' );
	delete_post_meta_by_key( '_dojo_interactions_visitor' );
	$orders = $wpdb->prefix . 'wc_orders_meta';
	// WooCommerce has no function that removes a key of all orders, and its table may not be there.
	// phpcs:disable WordPress.DB.DirectDatabaseQuery
	if ( $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $orders ) ) ) === $orders ) {
		$wpdb->delete( $orders, array( 'meta_key' => '_dojo_interactions_visitor' ) ); // phpcs:ignore WordPress.DB.SlowDBQuery
	}
	// phpcs:enable
	if ( function_exists( 'as_unschedule_all_actions' ) ) {
		as_unschedule_all_actions( '', array(), 'dojo-interactions' );
	}
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $dojo_interactions_site ) {
		switch_to_blog( $dojo_interactions_site );
		dojo_interactions_uninstall_site();
		restore_current_blog();
	}
} else {
	dojo_interactions_uninstall_site();
}
delete_metadata( 'user', 0, 'dojo_interactions_visitor', '', true );
