<?php
/**
 * The settings page.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Settings, Dojo Interactions: where to send, with which keys, and whether visitors are asked.
 */
final class Dojo_Interactions_Admin {

	const PAGE = 'dojo-interactions';

	/**
	 * Hooks up.
	 */
	public static function register(): void {
		Dojo_Interactions_Guard::on( 'admin_menu', array( __CLASS__, 'add_page' ), 0 );
		Dojo_Interactions_Guard::on( 'admin_init', array( __CLASS__, 'add_settings' ), 0 );
		Dojo_Interactions_Guard::on( 'admin_init', array( __CLASS__, 'suggest_privacy_policy' ), 0 );
		Dojo_Interactions_Guard::on( 'admin_enqueue_scripts', array( __CLASS__, 'enqueue' ), 1 );
		add_filter( 'plugin_action_links_' . plugin_basename( DOJO_INTERACTIONS_FILE ), array( __CLASS__, 'link' ) );
	}

	/**
	 * Adds the page to the menu of settings.
	 */
	public static function add_page(): void {
		$title = __( 'Dojo Interactions', 'dojo-interactions' );
		add_options_page( $title, $title, 'manage_options', self::PAGE, array( __CLASS__, 'show' ) );
	}

	/**
	 * Adds a link to the page to the list of plugins.
	 *
	 * @param array $links The links beside the plugin.
	 */
	public static function link( $links ): array {
		$address = admin_url( 'options-general.php?page=' . self::PAGE );
		$link    = '<a href="' . esc_url( $address ) . '">' . esc_html__( 'Settings', 'dojo-interactions' ) . '</a>';
		return array_merge( array( $link ), (array) $links );
	}

	/**
	 * Registers the option and its fields.
	 */
	public static function add_settings(): void {
		register_setting(
			self::PAGE,
			Dojo_Interactions_Settings::OPTION,
			array(
				'type'              => 'array',
				'sanitize_callback' => array( __CLASS__, 'sanitize' ),
				'show_in_rest'      => false,
				'default'           => array(),
			)
		);
		add_settings_section( 'connection', __( 'Connection', 'dojo-interactions' ), '__return_empty_string', self::PAGE );
		add_settings_section( 'visitors', __( 'Visitors', 'dojo-interactions' ), '__return_empty_string', self::PAGE );
		$fields = array(
			array( 'address', __( 'Address', 'dojo-interactions' ), 'connection' ),
			array( 'publishable_key', __( 'Publishable key', 'dojo-interactions' ), 'connection' ),
			array( 'secret_key', __( 'Secret key', 'dojo-interactions' ), 'connection' ),
			array( 'assume_consent', __( 'Consent', 'dojo-interactions' ), 'visitors' ),
		);
		foreach ( $fields as list( $name, $label, $section ) ) {
			$for = 'assume_consent' === $name ? array() : array( 'label_for' => 'dojo-interactions-' . $name );
			add_settings_field( $name, $label, array( __CLASS__, 'show_' . $name ), self::PAGE, $section, $for );
		}
	}

	/**
	 * What is kept of what was typed. A value that can't be right changes nothing, and is named.
	 *
	 * @param mixed $typed The form's values.
	 */
	public static function sanitize( $typed ): array {
		$typed = is_array( $typed ) ? $typed : array();
		$kept  = get_option( Dojo_Interactions_Settings::OPTION, array() );
		$kept  = is_array( $kept ) ? $kept : array();
		$clean = array( 'assume_consent' => empty( $typed['assume_consent'] ) ? '' : '1' );

		$clean['address']         = self::clean( 'address', $typed, $kept, __( 'The address must begin with https:// or http://, such as https://dojo.example.', 'dojo-interactions' ) );
		$clean['publishable_key'] = self::clean( 'publishable_key', $typed, $kept, __( 'The publishable key must begin with dojo_pk_.', 'dojo-interactions' ) );
		$clean['secret_key']      = self::clean( 'secret_key', $typed, $kept, __( 'The secret key must begin with dojo_sk_.', 'dojo-interactions' ) );
		if ( '' === $clean['secret_key'] && empty( $typed['forget_secret_key'] ) && isset( $kept['secret_key'] ) ) {
			$clean['secret_key'] = $kept['secret_key']; // The page never shows it, so an empty field means no change.
		}
		return $clean;
	}

	/**
	 * One value as it is kept.
	 *
	 * @param string $name     The setting.
	 * @param array  $typed    What was typed.
	 * @param array  $kept     What was kept before.
	 * @param string $sentence What is said of a value that can't be right.
	 */
	private static function clean( string $name, array $typed, array $kept, string $sentence ): string {
		$text = isset( $typed[ $name ] ) && is_string( $typed[ $name ] ) ? trim( $typed[ $name ] ) : '';
		if ( '' === $text ) {
			return '';
		}
		if ( 'address' === $name ) {
			$clean = Dojo_Interactions_Settings::clean_address( $text );
		} else {
			$clean = Dojo_Interactions_Settings::clean_key( $text, 'secret_key' === $name ? 'sk' : 'pk' );
		}
		if ( '' !== $clean ) {
			return $clean;
		}
		add_settings_error( Dojo_Interactions_Settings::OPTION, $name, $sentence );
		return isset( $kept[ $name ] ) ? (string) $kept[ $name ] : '';
	}

	/**
	 * Adds the script of the test to the settings page alone.
	 *
	 * @param string $page Which page is shown.
	 */
	public static function enqueue( $page ): void {
		if ( 'settings_page_' . self::PAGE === $page ) {
			Dojo_Interactions_Trial::enqueue();
		}
	}

	/**
	 * The page.
	 */
	public static function show(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		?>
		<div class="wrap">
			<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
			<p><?php esc_html_e( 'Create both keys in Dojo under API keys, for the environment that this site belongs to.', 'dojo-interactions' ); ?></p>
			<form method="post" action="<?php echo esc_url( admin_url( 'options.php' ) ); ?>">
				<?php
				settings_fields( self::PAGE );
				do_settings_sections( self::PAGE );
				?>
				<p class="submit">
					<?php submit_button( '', 'primary', 'submit', false ); ?>
					<button type="button" class="button" id="dojo-interactions-test"><?php esc_html_e( 'Test connection', 'dojo-interactions' ); ?></button>
				</p>
				<div id="dojo-interactions-outcome" aria-live="polite"></div>
			</form>
		</div>
		<?php
	}

	/**
	 * The field for the address.
	 */
	public static function show_address(): void {
		self::show_input( 'address', 'url', Dojo_Interactions_Settings::address(), 'https://dojo.example' );
		self::show_note( __( 'Where your Dojo is, as your visitors reach it.', 'dojo-interactions' ) );
	}

	/**
	 * The field for the publishable key.
	 */
	public static function show_publishable_key(): void {
		self::show_input( 'publishable_key', 'text', Dojo_Interactions_Settings::publishable_key(), 'dojo_pk_…' );
		self::show_note( __( 'Pages send with it, so everybody can read it. Allow it for this site\'s origin alone.', 'dojo-interactions' ) );
	}

	/**
	 * The field for the secret key, which is never shown again.
	 */
	public static function show_secret_key(): void {
		if ( Dojo_Interactions_Settings::has_secret_in_config() ) {
			self::show_note( __( 'It is set in wp-config.php.', 'dojo-interactions' ) );
			return;
		}
		$is_kept = '' !== Dojo_Interactions_Settings::secret_key();
		self::show_input( 'secret_key', 'password', '', $is_kept ? __( 'Saved', 'dojo-interactions' ) : 'dojo_sk_…' );
		self::show_note( __( 'Your server sends orders, carts and sign-ins with it. You can also define DOJO_INTERACTIONS_SECRET_KEY in wp-config.php.', 'dojo-interactions' ) );
		if ( $is_kept ) {
			self::show_checkbox( 'forget_secret_key', false, __( 'Remove the saved secret key', 'dojo-interactions' ) );
		}
	}

	/**
	 * The choice for sites without a consent plugin.
	 */
	public static function show_assume_consent(): void {
		if ( Dojo_Interactions_Consent::is_asked() ) {
			self::show_note( __( 'The WP Consent API is active: nothing is sent for visitors who did not agree to statistics, and they get no cookie. Orders are sent without the visitor.', 'dojo-interactions' ) );
		}
		self::show_checkbox( 'assume_consent', Dojo_Interactions_Settings::assumes_consent(), __( 'Without the WP Consent API, count all visitors', 'dojo-interactions' ) );
		self::show_note( __( 'Choose this only if your visitors need not be asked, or agreed in another way. Otherwise pages and carts are sent only with the WP Consent API.', 'dojo-interactions' ) );
	}

	/**
	 * A text field.
	 *
	 * @param string $name  The setting.
	 * @param string $type  Of the input.
	 * @param string $value What is in it.
	 * @param string $hint  What it may look like.
	 */
	private static function show_input( string $name, string $type, string $value, string $hint ): void {
		printf(
			'<input class="regular-text code" id="%1$s" name="%2$s" type="%3$s" value="%4$s" placeholder="%5$s" autocomplete="off" spellcheck="false">',
			esc_attr( 'dojo-interactions-' . $name ),
			esc_attr( Dojo_Interactions_Settings::OPTION . '[' . $name . ']' ),
			esc_attr( $type ),
			esc_attr( $value ),
			esc_attr( $hint )
		);
	}

	/**
	 * A checkbox.
	 *
	 * @param string $name       The setting.
	 * @param bool   $is_checked Whether it is checked.
	 * @param string $label      What it says.
	 */
	private static function show_checkbox( string $name, bool $is_checked, string $label ): void {
		printf(
			'<p><label><input name="%1$s" type="checkbox" value="1"%2$s> %3$s</label></p>',
			esc_attr( Dojo_Interactions_Settings::OPTION . '[' . $name . ']' ),
			checked( $is_checked, true, false ),
			esc_html( $label )
		);
	}

	/**
	 * A line below a field.
	 *
	 * @param string $line What it says.
	 */
	private static function show_note( string $line ): void {
		printf( '<p class="description">%s</p>', esc_html( $line ) );
	}

	/**
	 * Suggests a paragraph for the site's privacy policy.
	 */
	public static function suggest_privacy_policy(): void {
		if ( function_exists( 'wp_add_privacy_policy_content' ) ) {
			$text = __( 'If you agree to statistics, we note which pages and products you look at, what you search for and what you put into your cart, under a random number that is kept in a cookie for one year. When you sign in, that number is joined with your account. Orders are noted with their products, their total and the first three parts of your IP address. The data is kept on a server of our own.', 'dojo-interactions' );
			wp_add_privacy_policy_content( __( 'Dojo Interactions', 'dojo-interactions' ), '<p>' . esc_html( $text ) . '</p>' );
		}
	}
}
